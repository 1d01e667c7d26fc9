"""The claims that this project grew from, as experiments."""
