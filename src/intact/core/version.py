"""The version of intact, written here and nowhere else."""

__version__ = "0.1.0"
