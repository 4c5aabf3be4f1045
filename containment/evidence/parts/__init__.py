"""The parts of a bundle, one module per part: `collect` reads its facts, `judge` returns the claims that follow from them."""
