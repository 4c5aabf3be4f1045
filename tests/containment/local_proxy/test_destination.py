"""A host and a port have one spelling; a text that programs read differently has none."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from containment.addresses.address_space import SPECIAL_NETWORKS, Network
from containment.local_proxy.rules.addresses import METADATA, explain_refusal
from containment.local_proxy.rules.destination import DestinationError, is_same_host, parse_authority


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api.example.com:443", "api.example.com:443"),
        ("API.EXAMPLE.com:443", "api.example.com:443"),
        ("api.example.com.:443", "api.example.com:443"),
        ("b\u00fccher.example:443", "xn--bcher-kva.example:443"),
        ("xn--bcher-kva.example:443", "xn--bcher-kva.example:443"),
        ("\uff41pi.example.com:443", "api.example.com:443"),
        ("93.184.216.34:443", "93.184.216.34:443"),
        ("93.184.216.34.:443", "93.184.216.34:443"),
        ("\uff11\uff10.0.0.1:443", "10.0.0.1:443"),
        ("[2001:DB8:0::1]:443", "[2001:db8::1]:443"),
        ("[::ffff:10.0.0.1]:443", "10.0.0.1:443"),
    ],
)
def test_spellings_of_one_destination_are_one(text: str, expected: str) -> None:
    assert str(parse_authority(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":443",
        "api.example.com",
        "api.example.com:",
        "api.example.com:0",
        "api.example.com:0443",
        "api.example.com:65536",
        "api.example.com:99999999999",
        "api.example.com:+443",
        "api.example.com:443:443",
        "api.example.com:4\u0664",
        "user@api.example.com:443",
        "api.example.com@attacker.example:443",
        "api.example.com\0.attacker.example:443",
        "api.example.com%00.attacker.example:443",
        "api.example.com/:443",
        "api.example.com\\.attacker.example:443",
        "api.example.com?x:443",
        "api.example.com#x:443",
        "api.example.com :443",
        "api.example.com\t:443",
        "api.example.com\r\nHost: x:443",
        "*.example.com:443",
        "api..example.com:443",
        ".:443",
        "2130706433:443",
        "0x7f000001:443",
        "0x7f.0.0.1:443",
        "0177.0.0.1:443",
        "127.1:443",
        "127.0.0.01:443",
        "1.2.3.4.5:443",
        "256.0.0.1:443",
        "api.example.123:443",
        "api.example.0x1:443",
        "2001:db8::1:443",
        "[2001:db8::1:443",
        "[2001:db8::1%eth0]:443",
        "[2001:db8::1]443",
        "[127.0.0.1]:443",
        "[]:443",
        "a" * 64 + ".example:443",
        "a." * 1000 + "example:443",
    ],
)
def test_a_text_with_no_or_several_meanings_is_refused(text: str) -> None:
    with pytest.raises(DestinationError):
        parse_authority(text)


def test_a_host_header_has_to_name_the_destination() -> None:
    destination = parse_authority("api.example.com:8443")
    assert is_same_host("API.example.com:8443", destination)
    assert is_same_host("api.example.com", destination)
    assert not is_same_host("api.example.com:443", destination)
    assert not is_same_host("attacker.example", destination)
    assert not is_same_host("", destination)


@pytest.mark.parametrize(
    "address",
    [*map(str, METADATA), *(str(one.network_address + 1 if one.num_addresses > 1 else one.network_address) for one in SPECIAL_NETWORKS)],
)
def test_no_special_purpose_or_metadata_address_is_public(address: str) -> None:
    assert explain_refusal(ip_address(address), ())


@pytest.mark.parametrize("network", [one for one in SPECIAL_NETWORKS if str(one) not in ("100.64.0.0/10", "fc00::/7")], ids=str)
def test_a_profile_cannot_list_a_special_purpose_range(network: Network) -> None:
    address = network.network_address + (1 if network.num_addresses > 1 else 0)
    assert explain_refusal(address, (network,))


@pytest.mark.parametrize("address", [*map(str, METADATA), "::7f00:1", "fec0::1", "4000::1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe"])
def test_hidden_forms_of_inner_addresses_are_refused_whatever_is_listed(address: str) -> None:
    from ipaddress import ip_network

    found = ip_address(address)
    assert explain_refusal(found, (ip_network("0.0.0.0/0"), ip_network("::/0")))


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert explain_refusal(ip_address(address), ()) is None
