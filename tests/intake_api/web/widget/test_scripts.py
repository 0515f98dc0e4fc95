"""The scripts as they are given out: their weight, their copies, their words."""

import gzip
import json

import pytest
from flask.testing import FlaskClient

from intake_api.web.embed.spoken import FORM_WORDS, LINE_WORDS, spoken
from tests.intake_api.web.embedded.visitor import words as all_words
from tests.intake_api.web.widget.visitor import LANGUAGES, words

MOST_PACKED = 20 * 1024
FORMS = [f"/embed/form-{locale}.js" for locale in LANGUAGES]


class TestWhatTheyWeigh:
    @pytest.mark.parametrize("loaded", ["/embed/chat.js", *FORMS])
    def test_the_line_and_what_it_loads_are_under_20_kib_packed(self, public: FlaskClient, loaded: str) -> None:
        scripts = [public.get(path).data for path in ("/embed.js", loaded)]
        assert sum(len(gzip.compress(script)) for script in scripts) < MOST_PACKED
        assert all(b"import " not in script.replace(b"await import", b"") for script in scripts)

    @pytest.mark.parametrize("path", ["/embed.js", "/embed/chat.js", *FORMS])
    def test_they_are_packed_for_whoever_can_unpack_and_asked_for_again_only_when_changed(
        self, public: FlaskClient, path: str
    ) -> None:
        plain = public.get(path)
        packed = public.get(path, headers={"Accept-Encoding": "br, gzip"})
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["Content-Encoding"] == "gzip"
        assert plain.headers["Access-Control-Allow-Origin"] == "*"
        assert plain.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert public.get(path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304

    def test_there_are_no_others(self, public: FlaskClient) -> None:
        for name in ("form", "form-xx", "chat-en"):
            assert public.get(f"/embed/{name}.js").status_code == 404


class TestTheirWords:
    def test_n17_the_chat_has_the_same_words_in_every_language_and_uses_all_of_them(self, public: FlaskClient) -> None:
        scripts = (public.get("/embed.js").text + public.get("/embed/chat.js").text).replace("SERVED.words", "")
        for locale in LANGUAGES:
            assert words(locale).keys() == words("en").keys()
            for name, text in words(locale).items():
                assert json.dumps(text, ensure_ascii=False) in scripts, (locale, name)
                assert f"words.{name}" in scripts, name

    @pytest.mark.parametrize("locale", LANGUAGES)
    def test_n17_a_form_has_its_words_in_its_language_and_uses_all_of_them(
        self, public: FlaskClient, locale: str
    ) -> None:
        for path, places in (("/embed.js", LINE_WORDS), (f"/embed/form-{locale}.js", FORM_WORDS)):
            script = public.get(path).text
            said = spoken(all_words(locale), places)
            for name, text in said.items():
                assert json.dumps(text, ensure_ascii=False) in script, name
                assert f"words.{name}" in script or name.startswith("presentation_"), name
