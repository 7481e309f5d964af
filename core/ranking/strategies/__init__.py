"""One ranking strategy a file; every module in this folder is found by itself."""
