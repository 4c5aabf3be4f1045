"""Sets of addresses and ports as ranges, and the address space that they belong to."""
