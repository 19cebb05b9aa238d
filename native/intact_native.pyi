# The native projector of intact. Its counterpart in Python, with all the documentation, is intact.project.

from typing import final

__version__: str

# Rows, to be taken over through the Arrow PyCapsule interface: pyarrow.record_batch(batch).
@final
class Batch:
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

# Projects blocks of one collection. Several threads may use it at once. Wanted are paths, as steps, with their roles
# and the path of the currency of amounts, in the order of the columns; of the counted ones is only told that they
# occur. After the rows it tells how many documents there were, how many of them were lost, how many problems there
# were, how many documents give a wanted field twice, where the first with a problem begin and end, and which fields
# occur at each place: the names that lead there, whether there are more fields than are kept, and of each its name, how
# many documents have a value other than null there, and how many one of each kind. Last, where the first documents
# begin and end that give a wanted field twice, and the digests of the rows' documents.
@final
class Projector:
    def __new__(
        cls, wanted: list[tuple[list[str], list[str], list[str] | None]], counted: list[list[str]]
    ) -> Projector: ...
    def project(
        self, data: bytes | memoryview
    ) -> tuple[
        Batch,
        int,
        int,
        int,
        int,
        list[tuple[int, int]],
        list[tuple[list[str], bool, list[tuple[bytes, int, list[tuple[int, int]]]]]],
        list[tuple[int, int]],
        bytes,
    ]: ...

# Hops over whole documents: where they stop, and the length of what comes next, if it can be seen.
def hop(data: bytes | memoryview, at: int) -> tuple[int, int | None]: ...

# Of numbers of eight bytes each, the lowest byte first, the places of those that stand more than once, in order and
# written the same way.
def recurring(data: bytes | memoryview) -> bytes: ...

# A number for each text of a column, eight bytes each, the lowest first: equal for equal texts, and nearly never for
# others. A column is given as Arrow has it: where texts begin and end, four bytes each, and all of them end to end.
def numbers(offsets: bytes | memoryview, letters: bytes | memoryview) -> bytes: ...

# Keys, among which references are looked for, letter by letter. Several threads may do so at once. Keys are given in
# parts, each as a column above. The places of the texts that are none of them are told as those of recurring are.
@final
class Keys:
    def __new__(cls, parts: list[tuple[bytes | memoryview, bytes | memoryview]]) -> Keys: ...
    def strays(self, offsets: bytes | memoryview, letters: bytes | memoryview) -> bytes: ...
