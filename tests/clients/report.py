"""What the Python clients share: runs named operations and prints one line for each.

    name <TAB> ok | what went wrong
"""
import os
import sys
import traceback

LARGE = os.urandom(1 << 20) * 12 + b"end"  # more than one part


def run(operations):
    """Runs functions in order; a failed one does not stop the others."""
    for operation in operations:
        name = operation.__name__.replace("_", " ")
        try:
            operation()
            print(f"{name}\tok", flush=True)
        except Exception as error:  # each client has its own kinds
            if os.environ.get("TRACE"):
                traceback.print_exc()
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"{name}\t{text[:160]}", flush=True)


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {str(got)[:60]!r}, expected {str(wanted)[:60]!r}")


def endpoint():
    return os.environ["AWS_ENDPOINT_URL"]


if __name__ == "__main__":
    sys.exit("a module of the other files here")
