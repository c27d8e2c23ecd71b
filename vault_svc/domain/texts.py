"""Words shown to people, in both languages of the product."""

from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in Chinese and in English; neither may hold a secret value."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the English words for a tag that begins with ``en``, the Chinese ones for any other."""
        return self.en if language.lower().startswith("en") else self.zh
