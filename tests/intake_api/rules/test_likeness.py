"""Which names and companies may be one, and which signs are enough."""

import pytest

from intake_api.rules.likeness import Person, Sign, are_companies_alike, are_names_alike, why_alike

ANNA = Person("Anna Paraugs", "Sample Boats SIA", "anna@sample.example", "+37126123456")


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Jānis Bērziņš", "Janis Berzins"),
            ("Jānis Bērziņš", "BĒRZIŅŠ, Jānis"),
            ("Paweł Przykład", "Pawel Przyklad"),
            ("Søren Muster", "Soren Muster"),
            ("Jānis Bērziņš", "J. Bērziņš"),
            ("Jānis Bērziņš", "J.Bērziņš"),
            ("Anna Maria Paraugs", "Anna Paraugs"),
            ("Anna Paraugs", "Anna Paruags"),
            ("Anna Paraugs-Muster", "Anna Paraugs"),
            ("Александр Примеров", "Александр Премеров"),
        ],
    )
    def test_may_be_one(self, one: str, other: str) -> None:
        assert are_names_alike(one, other)
        assert are_names_alike(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Anna", "Anna"),
            ("", ""),
            ("A P", "A P"),
            ("Anna", "Anna Paraugs"),
            ("Anna Paraugs", "Olga Paraugs"),
            ("Jan Primer", "Jana Primerova"),
            ("Marta Paraugs", "Mārtiņš Paraugs"),
            ("Anna Paraugs", "Hanna Paraugs"),
            ("Anna Anna", "Anna Paraugs"),
            ("A. Paraugs", "Olga Paraugs"),
            ("💥 !", "💥 !"),
        ],
    )
    def test_are_two(self, one: str, other: str) -> None:
        assert not are_names_alike(one, other)
        assert not are_names_alike(other, one)


class TestCompanies:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Sample Boats SIA", "SIA “Sample Boats”"),
            ("Sample Boats s.r.o.", "sample boats"),
            ("Sample Boats sp. z o.o.", "Sample Boats"),
            ("Sample Boats", "SampleBoats"),
            ("Sample Boats", "Sample Boast"),
            ("Sample Boats Rīga", "Sample Boats"),
        ],
    )
    def test_may_be_one(self, one: str, other: str) -> None:
        assert are_companies_alike(one, other)
        assert are_companies_alike(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("Sample Boats", "Sample Bakery"), ("", ""), ("Sample SIA", "Muster SIA"), ("SIA", "Sample SIA"), ("!", "?")],
    )
    def test_are_two(self, one: str, other: str) -> None:
        assert not are_companies_alike(one, other)
        assert not are_companies_alike(other, one)


class TestSigns:
    """C 16: never a name alone, nor an address that nobody confirmed."""

    @pytest.mark.parametrize(
        ("other", "confirmed", "signs"),
        [
            (Person(email="ANNA@sample.example"), True, (Sign.CONFIRMED_EMAIL,)),
            (Person(email="anna@sample.example"), False, ()),
            (Person(phone="+37126123456;ext=7"), False, (Sign.PHONE,)),
            (Person(name="Anna Paraugs"), False, ()),
            (Person(name="Anna Paraugs"), True, ()),
            (Person(company="Sample Boats"), True, ()),
            (Person("Anna Paraugs", "Sample Boats"), False, (Sign.NAME, Sign.COMPANY)),
            (Person("Anna Paraugs", email="anna@sample.example"), False, (Sign.EMAIL, Sign.NAME)),
            (Person("Olga Muster", "Sample Boats", "anna@sample.example"), False, ()),
            (Person(), True, ()),
            (ANNA, True, (Sign.CONFIRMED_EMAIL, Sign.PHONE, Sign.NAME, Sign.COMPANY)),
        ],
    )
    def test_are_enough_or_nothing(self, other: Person, confirmed: bool, signs: tuple[Sign, ...]) -> None:
        assert why_alike(ANNA, other, confirmed=confirmed) == signs
        assert why_alike(other, ANNA, confirmed=confirmed) == signs

    def test_what_was_not_typed_agrees_with_nothing(self) -> None:
        assert why_alike(Person(), Person(), confirmed=True) == ()
