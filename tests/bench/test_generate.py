from email import message_from_bytes, policy

from bench.generate import SHARE_RARE, common_words, generate, rare_word
from jmap.mail.words import cut


def test_the_same_seed_makes_the_same_mail() -> None:
    assert list(generate(30, 7)) == list(generate(30, 7))
    assert list(generate(30, 7)) != list(generate(30, 8))


def test_mails_are_sound_and_of_about_ten_kilobytes() -> None:
    mails = list(generate(200))
    assert 8_000 < sum(len(mail.raw) for mail in mails) / len(mails) < 14_000
    assert not any(message_from_bytes(mail.raw, policy=policy.default).defects for mail in mails[:20])


def test_a_third_or_so_are_replies_that_name_an_earlier_message() -> None:
    messages = [message_from_bytes(mail.raw) for mail in generate(300)]
    ids = {message["Message-ID"] for message in messages}
    replies = [message for message in messages if message["In-Reply-To"]]
    assert 60 < len(replies) < 120
    assert {message["In-Reply-To"] for message in replies} <= ids


def test_rare_words_are_in_few_messages_and_common_ones_in_most() -> None:
    texts = [set(text_words(mail.raw)) for mail in generate(80)]
    assert sum(rare_word(5) in text for text in texts) == SHARE_RARE
    assert all(sum(word in text for text in texts) > 80 / 4 for word in common_words(1))


def text_words(raw: bytes) -> list[str]:
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert body is not None
    return list(cut(body.get_content()))
