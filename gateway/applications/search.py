"""Finding people without keeping their names readable: keyed hashes of what a clerk may type."""

import re
from datetime import datetime
from typing import Any

from gateway.applications.tables import SearchTerm
from matters_map.pinyin import folded, readings, terms_of
from messaging import ids
from messaging.sealing import Sealer

MOST = 60  # terms of one person
LONGEST = 12  # characters of a name of which every beginning is found
MOST_EACH = 8  # readings of one beginning of a name


class SearchIndex:
    """Makes terms when a case is written and looks one up when somebody searches; no call leaves the process."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def id_index(self, id_number: str) -> bytes | None:
        """The keyed index of an ID number, or None when there is none."""
        return self._sealer.blind("id_number", id_number.upper()) if id_number else None

    def terms(self, application_id: int, person: dict[str, Any], now: datetime) -> list[SearchTerm]:
        """Rows for a person: every beginning of the name, its pinyin and initials, the telephone number."""
        name = str(person.get("name", ""))
        begun = [name[:length] for length in range(1, min(len(name), LONGEST) + 1)]
        sounds = readings(name)
        words = [
            str(person.get("phone", "")),
            *begun,
            *(
                term
                for length in range(1, min(len(sounds), LONGEST) + 1)
                for term in terms_of(sounds[:length])[:MOST_EACH]
            ),
        ]
        words += terms_of(sounds)
        kept = [word for word in dict.fromkeys(words) if word][:MOST]
        return [SearchTerm(id=ids.row_id(), application_id=application_id, term=self.term(word)) for word in kept]

    def term(self, typed: str) -> bytes:
        """The keyed hash of what was typed, folded so that case and spaces do not matter."""
        return self._sealer.blind("person", re.sub(r"\s+", "", folded(typed)))
