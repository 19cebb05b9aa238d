# The native projector of intact. Its counterpart in Python, with all the documentation, is intact.project.

from typing import final

__version__: str

# Rows, to be taken over through the Arrow PyCapsule interface: pyarrow.record_batch(batch).
@final
class Batch:
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

# Projects blocks of one collection. Several threads may use it at once. Columns are paths as steps, with their roles.
# Of problems it tells what, document_id, path, expected, found, offset, lost; then come how many documents there were,
# how many of them were lost, how many problems there were, and how many documents give a wanted field twice.
@final
class Projector:
    def __new__(cls, columns: list[tuple[list[str], str]]) -> Projector: ...
    def project(
        self, data: bytes | memoryview, offset: int
    ) -> tuple[Batch, list[tuple[str, str | None, str, str, str, int, bool]], int, int, int, int]: ...

# Hops over whole documents: where they stop, and the length of what comes next, if it can be seen.
def hop(data: bytes | memoryview, at: int) -> tuple[int, int | None]: ...
