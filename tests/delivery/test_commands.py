import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.delivery.commands import MailFrom, RcptTo, parse_mail, parse_rcpt, split_command
from jmap.delivery.replies import Refusal


def refusal(parse: object, *arguments: object, **more: object) -> tuple[int, str]:
    assert callable(parse)
    with pytest.raises(Refusal) as caught:
        parse(*arguments, **more)
    return caught.value.reply.code, caught.value.reply.status


def rcpt(argument: str, *, is_utf8: bool = False) -> RcptTo:
    return parse_rcpt(argument, is_utf8=is_utf8)


@pytest.mark.parametrize(
    ("argument", "sender"),
    [
        ("FROM:<a@b.test>", "a@b.test"),
        ("from:<a@b.test>", "a@b.test"),
        ("FROM: <a@b.test>", "a@b.test"),
        ("FROM:<>", ""),
        ("FROM:<@x.test,@y.test:a@b.test>", "a@b.test"),
        ('FROM:<"a"@b.test>', "a@b.test"),
        ('FROM:<"a b"@b.test>', '"a b"@b.test'),
        (r'FROM:<"a\b"@b.test>', "ab@b.test"),
        ('FROM:<"a>"@b.test>', '"a>"@b.test'),
        ("FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("FROM:<a+b=c%d!e@b.test>", "a+b=c%d!e@b.test"),
    ],
)
def test_a_reverse_path_is_read(argument: str, sender: str) -> None:
    assert parse_mail(argument).sender == sender


@pytest.mark.parametrize(
    "argument",
    [
        "FROM:a@b.test",
        "FROM:<a@b.test",
        "FROM:<a b@c.test>",
        "FROM:<a>",
        "FROM:<a@b@c.test>",
        "FROM:<a@b.test>x",
        "FROM:<@b.test>",
        "FROM:<a@>",
        "FROM:<<a@b.test>>",
        'FROM:<"a@b.test>',
        "FROM:<a@b.test>,<c@d.test>",
    ],
)
def test_what_is_no_path_is_refused(argument: str) -> None:
    assert refusal(parse_mail, argument) == (501, "5.1.7")


@pytest.mark.parametrize("mailbox", [f"{'a' * 65}@b.test", f"a@{'b' * 256}.test", f"{'a' * 60}@{'b' * 200}.test"])
def test_what_is_longer_than_allowed_is_refused(mailbox: str) -> None:
    assert refusal(parse_mail, f"FROM:<{mailbox}>") == (501, "5.1.7")


def test_the_parameters_of_mail_are_read() -> None:
    mail = parse_mail("FROM:<a@b.test> SIZE=12 BODY=8BITMIME smtputf8 RET=hdrs ENVID=x+2By AUTH=<>")
    assert mail == MailFrom("a@b.test", 12, True, "HDRS", "x+2By")


@pytest.mark.parametrize(
    "parameter",
    [
        "SIZE=",
        "SIZE",
        "SIZE=x",
        f"SIZE={'1' * 21}",
        "SIZE=1 SIZE=1",
        "RET=ALL",
        "RET",
        "BODY=BINARYMIME",
        "SMTPUTF8=1",
        "ENVID=a+b",
        f"ENVID={'a' * 101}",
        "=1",
    ],
)
def test_a_wrong_parameter_of_mail_is_refused(parameter: str) -> None:
    assert refusal(parse_mail, f"FROM:<a@b.test> {parameter}") == (501, "5.5.4")


@pytest.mark.parametrize("parameter", ["X=1", "NOTIFY=NEVER"])
def test_an_unknown_parameter_is_refused(parameter: str) -> None:
    assert refusal(parse_mail, f"FROM:<a@b.test> {parameter}") == (555, "5.5.4")


def test_the_parameters_of_rcpt_are_read() -> None:
    assert rcpt("TO:<a@b.test> NOTIFY=success,DELAY ORCPT=rfc822;c+2Bd@e.test") == RcptTo(
        "a@b.test", "SUCCESS,DELAY", "rfc822;c+2Bd@e.test"
    )


@pytest.mark.parametrize(
    "parameter",
    [
        "NOTIFY=NEVER,DELAY",
        "NOTIFY=ALWAYS",
        "NOTIFY=DELAY,DELAY",
        "NOTIFY",
        "ORCPT=a@b.test",
        "ORCPT=rfc822;",
        "SIZE=1",
        "ORCPT=rfc822;a+zz",
    ],
)
def test_a_wrong_parameter_of_rcpt_is_refused(parameter: str) -> None:
    assert refusal(rcpt, f"TO:<a@b.test> {parameter}")[0] in (501, 555)


def test_the_postmaster_needs_no_domain_and_nobody_else_goes_without() -> None:
    assert rcpt("TO:<Postmaster>").recipient == "Postmaster"
    assert refusal(rcpt, "TO:<root>") == (501, "5.1.3")
    assert refusal(rcpt, "TO:<>") == (501, "5.1.3")


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    assert refusal(rcpt, "TO:<jürgen@b.test>") == (553, "5.6.7")
    assert (
        rcpt("TO:<jürgen@bücher.test> ORCPT=utf-8;jürgen@bücher.test", is_utf8=True).recipient == "jürgen@bücher.test"
    )


def test_a_command_is_text_without_control_characters() -> None:
    assert split_command(b"mail FROM:<> ") == ("MAIL", "FROM:<>")
    assert refusal(split_command, b"NOOP \xff") == (500, "5.5.2")
    assert refusal(split_command, b"NOOP \0") == (500, "5.5.2")


@given(st.text(max_size=60), st.booleans())
def test_no_argument_does_more_than_be_refused(text: str, is_utf8: bool) -> None:
    for parse, keyword in ((parse_mail, "FROM:<"), (lambda each: rcpt(each, is_utf8=is_utf8), "TO:<")):
        for argument in (text, keyword + text, f"{keyword}a@b.test> {text}"):
            try:
                parse(argument)
            except Refusal as refused:
                assert refused.reply.code in (501, 553, 555)
