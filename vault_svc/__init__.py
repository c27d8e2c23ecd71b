"""Ask, agree, carry out, use, on record: custody of a company's accounts and databases by its own rules."""

__version__ = "0.1.0"
