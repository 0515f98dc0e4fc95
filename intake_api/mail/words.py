"""The words of mails that no notice goes with: one file per language, the same keys in each, checked when read.

A mail that asks for a second yes is written from the notice its person saw, and has none of its words here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "words"
REFERENCE = "en"


class MailWordsDiffer(Exception):
    """A language lacks words that the reference has, or has others."""

    code = "mail_words_differ"


@dataclass(frozen=True)
class MailWords:
    """The words of all languages."""

    by_locale: Mapping[str, Mapping[str, str]]

    def of(self, locale: str) -> Mapping[str, str]:
        """Return the words of a language by keys such as `rights.asked`, or the reference's where it has none."""
        return self.by_locale.get(locale) or self.by_locale[REFERENCE]


def read_mail_words(folder: Path = FOLDER) -> MailWords:
    """Read every language and compare its keys with the reference's.

    :raises MailWordsDiffer: names the file and the first key that is wrong.
    """
    found = {
        file.stem: _flat(yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader))
        for file in sorted(folder.glob("*.yml"))
    }
    for locale, words in found.items():
        if odd := sorted(words.keys() ^ found[REFERENCE].keys()):
            raise MailWordsDiffer(f"mail/words/{locale}.yml: {odd[0]} stands only there or only in {REFERENCE}.yml.")
    return MailWords(found)


def _flat(words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{section}.{key}": text for section, inner in words.items() for key, text in inner.items()}
