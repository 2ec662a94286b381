import os
from urllib.parse import urlparse

import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet

from report import LARGE, endpoint, equal, run

url = urlparse(endpoint())
fs = pyarrow.fs.S3FileSystem(endpoint_override=url.netloc, scheme=url.scheme, region=os.environ["AWS_REGION"],
                             allow_bucket_creation=True, allow_bucket_deletion=True)
BUCKET = "pyarrow"


def read(name):
    with fs.open_input_stream(f"{BUCKET}/{name}") as data:
        return data.read()


def create_a_bucket():
    fs.create_dir(BUCKET)


def write_and_read():
    with fs.open_output_stream(f"{BUCKET}/dir/a b") as out:
        out.write(b"hello")
    equal(read("dir/a b"), b"hello")


def parts():
    with fs.open_output_stream(f"{BUCKET}/large") as out:
        for at in range(0, len(LARGE), 1 << 20):
            out.write(LARGE[at: at + (1 << 20)])
    equal(read("large") == LARGE, True)


def ranges():
    with fs.open_input_file(f"{BUCKET}/large") as data:
        data.seek(len(LARGE) - 3)
        equal(data.read(), b"end")


def listings():
    infos = fs.get_file_info(pyarrow.fs.FileSelector(BUCKET, recursive=True))
    equal(sorted(i.path for i in infos if i.is_file), [f"{BUCKET}/dir/a b", f"{BUCKET}/large"])
    equal(fs.get_file_info(f"{BUCKET}/no").type, pyarrow.fs.FileType.NotFound)


def copy_and_move():
    fs.copy_file(f"{BUCKET}/dir/a b", f"{BUCKET}/copy")
    fs.move(f"{BUCKET}/copy", f"{BUCKET}/moved")
    equal(read("moved"), b"hello")


def parquet_datasets():
    table = pyarrow.table({"n": list(range(1000)), "part": [i % 3 for i in range(1000)]})
    pyarrow.dataset.write_dataset(table, f"{BUCKET}/set", filesystem=fs, format="parquet", partitioning=["part"])
    equal(pyarrow.dataset.dataset(f"{BUCKET}/set", filesystem=fs, partitioning=["part"]).count_rows(), 1000)


def remove_everything():
    fs.delete_dir_contents(BUCKET)
    fs.delete_dir(BUCKET)


run([create_a_bucket, write_and_read, parts, ranges, listings, copy_and_move, parquet_datasets, remove_everything])
