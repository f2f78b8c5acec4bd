"""Writes the names of characters in HTML 5 that zsic-core has built in, as Python's html.unescape knows them: a name and
what it stands for on each line. Names with and without a semicolon are different ones.

    python tools/golden/html_entities.py
"""

import gzip
import html.entities
import sys

import tiny_clip  # noqa: F401  first: it prepares torchvision
from clip_vocabulary import RESOURCES


def main():
    lines = "".join(f"{name}\t{value}\n" for name, value in sorted(html.entities.html5.items()) if value != "\n")
    with open(RESOURCES / "html-entities.txt.gz", "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=9) as out:
            out.write(lines.encode("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
