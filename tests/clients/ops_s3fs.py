import s3fs

from report import LARGE, endpoint, equal, run

fs = s3fs.S3FileSystem(endpoint_url=endpoint(), use_listings_cache=False)
BUCKET = "s3fs"


def create_a_bucket():
    fs.mkdir(BUCKET)


def write_and_read():
    fs.pipe(f"{BUCKET}/dir/a b", b"hello")
    equal(fs.cat(f"{BUCKET}/dir/a b"), b"hello")
    with fs.open(f"{BUCKET}/text", "w") as out:
        out.write("text")
    equal(fs.cat(f"{BUCKET}/text"), b"text")


def parts():
    with fs.open(f"{BUCKET}/large", "wb", block_size=5 << 20) as out:
        out.write(LARGE)
    equal(fs.cat(f"{BUCKET}/large") == LARGE, True)


def ranges():
    with fs.open(f"{BUCKET}/large", "rb") as data:
        data.seek(-3, 2)
        equal(data.read(), b"end")
    equal(fs.cat_file(f"{BUCKET}/text", start=1, end=3), b"ex")


def listings():
    equal(sorted(fs.ls(BUCKET)), [f"{BUCKET}/dir", f"{BUCKET}/large", f"{BUCKET}/text"])
    equal(fs.find(BUCKET), [f"{BUCKET}/dir/a b", f"{BUCKET}/large", f"{BUCKET}/text"])
    equal(fs.glob(f"{BUCKET}/**/a*"), [f"{BUCKET}/dir/a b"])
    equal((fs.exists(f"{BUCKET}/no"), fs.isdir(f"{BUCKET}/dir"), fs.size(f"{BUCKET}/text")), (False, True, 4))


def copy_and_move():
    fs.copy(f"{BUCKET}/text", f"{BUCKET}/copy")
    fs.mv(f"{BUCKET}/copy", f"{BUCKET}/moved")
    equal(fs.cat(f"{BUCKET}/moved"), b"text")


def metadata_and_tags():
    fs.setxattr(f"{BUCKET}/text", copy_kwargs={"ContentType": "text/plain"}, colour="red")
    equal(fs.metadata(f"{BUCKET}/text", refresh=True), {"colour": "red"})
    fs.put_tags(f"{BUCKET}/text", {"a": "b"})
    equal(fs.get_tags(f"{BUCKET}/text"), {"a": "b"})


def append():
    with fs.open(f"{BUCKET}/text", "ab") as out:
        out.write(b" more")
    equal(fs.cat(f"{BUCKET}/text"), b"text more")


def presigned_urls():
    import urllib.request

    equal(urllib.request.urlopen(fs.sign(f"{BUCKET}/text", expiration=60)).read()[:4], b"text")


def remove_everything():
    fs.rm(BUCKET, recursive=True)


run([create_a_bucket, write_and_read, parts, ranges, listings, copy_and_move, metadata_and_tags, append, presigned_urls,
     remove_everything])
