"""The two scripts as they are given out: their weight, their copies, their words."""

import gzip
import json

from flask.testing import FlaskClient

from tests.intake_api.web.widget.visitor import LANGUAGES, words

MOST_PACKED = 20 * 1024


class TestWhatItWeighs:
    def test_both_scripts_packed_are_under_20_kib(self, public: FlaskClient) -> None:
        scripts = [public.get(path).data for path in ("/embed.js", "/embed/chat.js")]
        assert sum(len(gzip.compress(script)) for script in scripts) < MOST_PACKED
        assert all(b"import " not in script.replace(b"await import", b"") for script in scripts)

    def test_they_are_packed_for_whoever_can_unpack_and_asked_for_again_only_when_changed(
        self, public: FlaskClient
    ) -> None:
        for path in ("/embed.js", "/embed/chat.js"):
            plain = public.get(path)
            packed = public.get(path, headers={"Accept-Encoding": "br, gzip"})
            assert gzip.decompress(packed.data) == plain.data
            assert packed.headers["Content-Encoding"] == "gzip"
            assert plain.headers["Access-Control-Allow-Origin"] == "*"
            assert plain.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert public.get(path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304

    def test_n17_it_has_the_same_words_in_every_language_and_uses_all_of_them(self, public: FlaskClient) -> None:
        scripts = (public.get("/embed.js").text + public.get("/embed/chat.js").text).replace("SERVED.words", "")
        for locale in LANGUAGES:
            assert words(locale).keys() == words("en").keys()
            for name, text in words(locale).items():
                assert json.dumps(text, ensure_ascii=False) in scripts, (locale, name)
                assert f"words.{name}" in scripts, name
