"""One outside library each, its errors translated."""
