"""Python's huggingface_hub on a cache that it shares with zsic.

    interop.py fill <repository>    downloads what a classifier needs, as Python does it
    interop.py check <repository>   reads what zsic downloaded, without a request

HF_ENDPOINT and HF_HUB_CACHE say where; see docs/hub.md.
"""

import os
import sys

import huggingface_hub
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache

FILES = ["config.json", "preprocessor_config.json", "tokenizer_config.json", "tokenizer.json", "model.safetensors"]


def fill(repository):
    for file in FILES:
        print("hf_hub_download", os.path.relpath(hf_hub_download(repository, file), huggingface_hub.constants.HF_HUB_CACHE))


def check(repository):
    cache = huggingface_hub.constants.HF_HUB_CACHE
    folder = snapshot_download(repository, local_files_only=True)
    print("snapshot_download(local_files_only=True)", os.path.relpath(folder, cache))
    for file in FILES:
        found = try_to_load_from_cache(repository, file)
        assert isinstance(found, str), file
        print("try_to_load_from_cache", file, os.path.getsize(found))
    missing = try_to_load_from_cache(repository, "added_tokens.json")
    assert missing is huggingface_hub._CACHED_NO_EXIST
    print("try_to_load_from_cache added_tokens.json: known not to exist")
    info = scan_cache_dir()
    assert not info.warnings, info.warnings
    for repo in info.repos:
        for revision in repo.revisions:
            print("scan_cache_dir", repo.repo_id, sorted(revision.refs), len(revision.files), "files,", repo.size_on_disk, "bytes, 0 warnings")


if __name__ == "__main__":
    print("huggingface_hub", huggingface_hub.__version__)
    {"fill": fill, "check": check}[sys.argv[1]](sys.argv[2])
