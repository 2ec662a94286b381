import datetime
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

from report import LARGE, endpoint, equal, run

s3 = boto3.client("s3", endpoint_url=endpoint())
BUCKET = "boto3"


def refused(call, code):
    try:
        call()
    except botocore.exceptions.ClientError as error:
        equal(error.response["Error"]["Code"], code)
        return
    raise AssertionError("not refused")


def body(**more):
    return s3.get_object(Bucket=BUCKET, **more)["Body"].read()


def create_and_list_buckets():
    s3.create_bucket(Bucket=BUCKET)
    s3.head_bucket(Bucket=BUCKET)
    equal(BUCKET in [b["Name"] for b in s3.list_buckets()["Buckets"]], True)


def put_and_get():
    s3.put_object(Bucket=BUCKET, Key="a b+c/ü", Body=b"hello", ContentType="text/x-a", Metadata={"Mixed-Case": "V", "empty": ""})
    equal(body(Key="a b+c/ü"), b"hello")
    head = s3.head_object(Bucket=BUCKET, Key="a b+c/ü")
    equal(head["Metadata"], {"mixed-case": "V", "empty": ""})
    equal(head["ContentType"], "text/x-a")


def put_with_each_checksum():
    for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
        if name in ("CRC32C", "CRC64NVME"):
            continue  # need awscrt
        s3.put_object(Bucket=BUCKET, Key="sum", Body=b"hello", ChecksumAlgorithm=name)
        equal(body(Key="sum", ChecksumMode="ENABLED"), b"hello")


def transfer_of_a_large_file():
    import io

    s3.upload_fileobj(io.BytesIO(LARGE), BUCKET, "large")
    out = io.BytesIO()
    s3.download_fileobj(BUCKET, "large", out)
    equal(out.getvalue() == LARGE, True)


def parts_by_hand():
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    parts = []
    for number, data in ((1, LARGE[: 5 << 20]), (2, b"tail")):
        part = s3.upload_part(Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=number, Body=data)
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    equal(len(s3.list_parts(Bucket=BUCKET, Key="parts", UploadId=upload)["Parts"]), 2)
    equal(len(s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]), 1)
    s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    equal(body(Key="parts", PartNumber=2), b"tail")


def listings():
    for i in range(7):
        s3.put_object(Bucket=BUCKET, Key=f"list/{i}/x", Body=b"")
    for name in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(name).paginate(Bucket=BUCKET, Prefix="list/", PaginationConfig={"PageSize": 2})
        equal([c["Key"] for p in pages for c in p["Contents"]], [f"list/{i}/x" for i in range(7)])
        pages = s3.get_paginator(name).paginate(
            Bucket=BUCKET, Prefix="list/", Delimiter="/", PaginationConfig={"PageSize": 2})
        equal([c["Prefix"] for p in pages for c in p["CommonPrefixes"]], [f"list/{i}/" for i in range(7)])


def copies():
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "a b+c/ü"})
    equal(body(Key="copy"), b"hello")
    s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "large copy")
    equal(s3.head_object(Bucket=BUCKET, Key="large copy")["ContentLength"], len(LARGE))


def conditions():
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    refused(lambda: body(Key="copy", IfModifiedSince=now + day), "304")
    refused(lambda: body(Key="copy", IfUnmodifiedSince=now - day), "PreconditionFailed")
    refused(lambda: s3.put_object(Bucket=BUCKET, Key="copy", Body=b"", IfNoneMatch="*"), "PreconditionFailed")
    equal(body(Key="copy", IfUnmodifiedSince=now + day, Range="bytes=1-2"), b"el")


def headers_of_the_reply():
    equal(s3.get_object(Bucket=BUCKET, Key="copy", ResponseContentType="text/y")["ContentType"], "text/y")


def tags():
    s3.put_object(Bucket=BUCKET, Key="tags", Body=b"x", Tagging="a=b&c=d%20e")
    equal(s3.get_object(Bucket=BUCKET, Key="tags")["TagCount"], 2)
    s3.put_object_tagging(Bucket=BUCKET, Key="tags", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    equal(s3.get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"], [{"Key": "k", "Value": "v"}])
    s3.delete_object_tagging(Bucket=BUCKET, Key="tags")
    equal(s3.get_object_tagging(Bucket=BUCKET, Key="tags")["TagSet"], [])


def presigned(client):
    url = client.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "signed key", "Metadata": {"a": "b"}})
    headers = {"x-amz-meta-a": "b"} if "X-Amz-SignedHeaders" in url and "x-amz-meta-a" in url.lower() else {}
    request = urllib.request.Request(url, data=b"signed", method="PUT", headers={"Content-Type": "", **headers})
    urllib.request.urlopen(request).read()
    equal(s3.head_object(Bucket=BUCKET, Key="signed key")["Metadata"], {"a": "b"})
    params = {"Bucket": BUCKET, "Key": "signed key", "ResponseContentType": "text/z"}
    reply = urllib.request.urlopen(client.generate_presigned_url("get_object", Params=params))
    equal((reply.read(), reply.headers["Content-Type"]), (b"signed", "text/z"))
    s3.delete_object(Bucket=BUCKET, Key="signed key")
    params = {"Bucket": BUCKET, "Prefix": "tags"}
    equal(b"<Key>tags</Key>" in urllib.request.urlopen(client.generate_presigned_url("list_objects_v2", Params=params)).read(), True)


def presigned_by_default():
    presigned(s3)


def presigned_by_version_4():
    presigned(boto3.client("s3", endpoint_url=endpoint(), config=botocore.config.Config(signature_version="s3v4")))


def refusals():
    refused(lambda: s3.put_object_acl(Bucket=BUCKET, Key="copy", ACL="private"), "NotImplemented")
    refused(lambda: s3.put_object(Bucket=BUCKET, Key="copy", Body=b"x", WriteOffsetBytes=5), "NotImplemented")
    refused(lambda: s3.put_object(Bucket=BUCKET, Key="copy", Body=b"x", ACL="public-read"), "NotImplemented")
    refused(lambda: s3.delete_object(Bucket=BUCKET, Key="copy", VersionId="1"), "NotImplemented")
    refused(lambda: s3.get_object_attributes(Bucket=BUCKET, Key="copy", ObjectAttributes=["ETag"]), "NotImplemented")
    equal(body(Key="copy"), b"hello")


def remove_everything():
    keys = [c["Key"] for p in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET) for c in p["Contents"]]
    equal(s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": k} for k in keys]}).get("Errors"), None)
    s3.delete_bucket(Bucket=BUCKET)


run([create_and_list_buckets, put_and_get, put_with_each_checksum, transfer_of_a_large_file, parts_by_hand, listings,
     copies, conditions, headers_of_the_reply, tags, presigned_by_default, presigned_by_version_4, refusals,
     remove_everything])
