"""The science: arrays in, arrays or frozen dataclasses out."""
