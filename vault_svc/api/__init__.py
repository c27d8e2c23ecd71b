"""The HTTP surface under /api/v1."""
