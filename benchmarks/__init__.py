"""Side-by-side measurements; ratios within one run mean something, absolute times of one machine do not."""
