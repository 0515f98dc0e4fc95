"""Which addresses may be called at all (SEC-34)."""

import ipaddress

import pytest

from intake_api.rules.web_target import TargetRefused, WebTarget, is_public, may_connect, parse_target


class TestIsPublic:
    @pytest.mark.parametrize(
        "address",
        ["1.1.1.1", "93.184.216.34", "8.8.8.8", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"],
    )
    def test_open_addresses_are(self, address: str) -> None:
        assert is_public(ipaddress.ip_address(address))

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b::101:101",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:101:101::",
            "3fff::1",
            "4000::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ],
    )
    def test_sec34_everything_else_is_not(self, address: str) -> None:
        assert not is_public(ipaddress.ip_address(address))
        if not ipaddress.ip_address(address).is_loopback:
            assert not may_connect(ipaddress.ip_address(address), allow_loopback=True)

    def test_loopback_only_by_the_development_setting(self) -> None:
        for loopback in ("127.0.0.1", "::1"):
            assert may_connect(ipaddress.ip_address(loopback), allow_loopback=True)
            assert not may_connect(ipaddress.ip_address(loopback))


class TestParseTarget:
    def test_an_https_address_comes_apart(self) -> None:
        assert parse_target("https://crm.example/in?key=1") == WebTarget(True, "crm.example", 443, "/in?key=1")
        assert parse_target("https://crm.example:8443") == WebTarget(True, "crm.example", 8443, "/")

    def test_http_on_loopback_with_the_development_setting(self) -> None:
        target = parse_target("http://127.0.0.1:5000/x", allow_loopback=True)

        assert target == WebTarget(False, "127.0.0.1", 5000, "/x")

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("http://crm.example/", "scheme_not_https"),
            ("ftp://crm.example/", "scheme_not_https"),
            ("file:///etc/passwd", "scheme_not_https"),
            ("gopher://crm.example/", "scheme_not_https"),
            ("//crm.example/", "address_malformed"),
            ("crm.example", "address_malformed"),
            ("", "address_malformed"),
            ("https://me@crm.example/", "user_in_address"),
            ("https://me:secret@crm.example/", "user_in_address"),
            ("https://crm.example@10.0.0.1/", "user_in_address"),
            ("https://crm.example:22/", "port_not_allowed"),
            ("https://crm.example:6379/", "port_not_allowed"),
            ("https://crm.example:99999/", "port_not_allowed"),
            ("https://crm.example:x/", "host_malformed"),
            ("https:///path", "host_malformed"),
            ("https://127.1/", "host_malformed"),
            ("https://2130706433/", "host_malformed"),
            ("https://0x7f.0.0.1/", "host_malformed"),
            ("https://0177.0.0.1/", "host_malformed"),
            ("https://crm.example./", "host_malformed"),
            ("https://crm..example/", "host_malformed"),
            ("https://-crm.example/", "host_malformed"),
            ("https://crm_x.example/", "host_malformed"),
            ("https://crm%2eexample/", "host_malformed"),
            ("https://" + "a" * 64 + ".example/", "host_malformed"),
            ("https://" + "a." * 130 + "example/", "host_malformed"),
            ("https://crm。example/", "address_malformed"),
            ("https://①②⑦.0.0.1/", "address_malformed"),
            ("https://crm.example\\@10.0.0.1/", "user_in_address"),
            ("https://crm.example/\r\nX: y", "address_malformed"),
            ("https://crm.example/ x", "address_malformed"),
            ("https://crm.example\t/", "address_malformed"),
        ],
    )
    def test_sec34_odd_addresses_are_refused(self, url: str, code: str) -> None:
        with pytest.raises(TargetRefused) as refused:
            parse_target(url)
        assert refused.value.code == code

    def test_the_development_setting_opens_nothing_but_loopback(self) -> None:
        for url in ("http://10.0.0.1/", "http://crm.example/", "https://crm.example:22/", "http://localhost.example/"):
            with pytest.raises(TargetRefused):
                parse_target(url, allow_loopback=True)
