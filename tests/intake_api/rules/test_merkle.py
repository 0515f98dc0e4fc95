"""The tree of the evidence, compared with an independent library."""

from pymerkle import InmemoryTree

from intake_api.rules import merkle


class TestTree:
    """RFC 6962 hashing, leaf by leaf."""

    def test_e05_has_the_same_root_as_an_independent_library_at_every_size(self) -> None:
        oracle = InmemoryTree(algorithm="sha256")
        frontier: list[bytes] = []
        for size in range(300):
            leaf = f"leaf {size}".encode()
            oracle.append_entry(leaf)
            frontier = merkle.append(frontier, size, merkle.leaf_hash(leaf))
            assert merkle.root(frontier) == oracle.get_root()

    def test_an_empty_tree_has_the_hash_of_nothing(self) -> None:
        assert merkle.root([]) == merkle.EMPTY_ROOT
