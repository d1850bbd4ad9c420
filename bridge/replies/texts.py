"""Every text the bot says, in one place, ready for translation.

A text is its own English ``msgid`` for gettext. Its fields take values as they are, ``{name}``, as
code, ``{handle!c}`` (nothing in it pings, links or formats on any platform), bold, ``{name!b}``, or
as an address that is a link, ``{address!l}``.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bridge.replies.reply import Reply


class Say(Enum):
    """The texts; a reply names one by its member's name."""

    # Reading a command
    UNKNOWN_COMMAND = "That is no command that I know. {help!c} shows what you can type."
    UNKNOWN_COMMAND_NEAR = "I do not know that command. Did you mean {near!c}?"
    NO_RECIPIENT = "Whom do you mean? Type it like this: {usage!c}"
    NO_RECIPIENT_READ = (
        "{word!c} is not a recipient. Name people as {handle!c}, by their number in Bitrix24 as "
        "{number!c}, or by e-mail address. Type it like this: {usage!c}"
    )
    NO_RECIPIENT_NEAR = (
        "{word!c} is not a recipient. Did you mean {near!c}? Type it like this: {usage!c}"
    )
    NO_TEXT = "There is no text to send. Type it like this: {usage!c}"
    UNKNOWN_OPTION = (
        "There is no option {option!c}. If it belongs to the text, put {end!c} before the text. "
        "Type it like this: {usage!c}"
    )
    UNKNOWN_OPTION_NEAR = (
        "There is no option {option!c}. Did you mean {near!c}? If it belongs to the text, put "
        "{end!c} before the text."
    )
    NO_OPTION_VALUE = "{option!c} needs a value. Type it like this: {usage!c}"
    OPTION_TOO_LONG = "{option!c} is too long: at most {limit} characters, please."
    TAG_EMPTY = "{option!c} cannot be {value!c}: Bitrix24 takes that for no tag at all."

    TOO_MANY_RECIPIENTS = "Those are too many recipients: at most {limit} at once, please."
    NOBODY_NOTIFIED = "Nobody has been notified."

    NOT_STORED = (
        "Your command was not taken: I could not store it, so nobody has been notified. "
        "Please type it again in a minute."
    )

    # Finding people
    HANDLE_UNKNOWN = (
        "I do not know {handle!c}. Try their number in Bitrix24, as in {number!c}, or their e-mail "
        "address."
    )
    HANDLE_UNKNOWN_NEAR = "I do not know {handle!c}. Did you mean {near!c}?"
    RECIPIENT_NOT_LINKED = (
        "{who!c} is not linked to a Bitrix24 account yet. Use their number in Bitrix24, as in "
        "{number!c}, or their e-mail address, or ask an administrator to link {identity!c}."
    )
    NUMBER_UNKNOWN = "Nobody in Bitrix24 has the number {number!c}."
    EMAIL_UNKNOWN = "Nobody in Bitrix24 has the e-mail address {email!c}."
    EMAIL_AMBIGUOUS = (
        "More than one person in Bitrix24 has the e-mail address {email!c}: {names}. "
        "Use a number, please."
    )
    DISMISSED = "{name!b} no longer works here: the Bitrix24 account is closed."
    PORTAL_REFUSES = (
        "Bitrix24 refuses the bridge's access, so nobody has been notified. "
        "Please tell your administrator."
    )
    CANNOT_ASK = (
        "I could not ask Bitrix24 who that is, so nobody has been notified. "
        "Please try again in a few minutes."
    )

    # Permissions
    SENDER_CLOSED = "Sorry, your account here is closed, so you cannot send anything through me."
    SENDER_FOREIGN = "Sorry, I only take commands from people of this workspace's own organisation."
    SENDER_GUEST = "Sorry, I take no commands from guests of this workspace."
    CANNOT_ASK_CHAT = (
        "I could not ask {platform} about the people concerned, so nothing has been done. "
        "Please try again in a few minutes."
    )

    # Permissions and links
    STRANGER = (
        "Sorry, I do not know you. Ask your administrator to link {identity!c} to your Bitrix24 "
        "account."
    )
    LINKED = "You are {name!b} in Bitrix24, number {number!c}."
    LINKED_IN = "You are {name!b} in {portal!c}, number {number!c}."
    NOT_LINKED = (
        "You are not linked to a Bitrix24 account. Ask your administrator to link {identity!c}."
    )
    UNLINKED = "You are no longer linked to {name!b} in Bitrix24."
    WHO = "{who!c} is {name!b} in Bitrix24, number {number!c}."
    WHO_IN = "{who!c} is {name!b} in {portal!c}, number {number!c}."

    # Help
    HELP_INTRO = "I ring your colleagues' bells in Bitrix24. This is what you can type:"
    HELP_COMMAND = "{usage!c} – {summary}"
    HELP_OPTION = "{option!c} – {summary}"
    HELP_RECIPIENTS = (
        "Recipients: a mention, {handle!c}, a number in Bitrix24, {number!c}, or an e-mail "
        "address; several with spaces or commas. The text may hold Markdown and as many lines as "
        "you like."
    )
    HELP_MORE = "{help!c} tells more about that command."
    HELP_EXAMPLES = "For example:"
    EXAMPLE = "{example!c}"

    # What commands and options are for
    ABOUT_NOTIFY = "Ring a colleague's bell in Bitrix24"
    ABOUT_WHO = "Show who that is in Bitrix24"
    ABOUT_LINK = "Link yourself to your Bitrix24 account"
    ABOUT_UNLINK = "End the link to your Bitrix24 account"
    ABOUT_GROUP = "Name several recipients at once"
    ABOUT_STATUS = "Show what became of your last notifications"
    ABOUT_UNDO = "Take a notification back"
    ABOUT_CHOOSE = "Say whom you meant"
    ABOUT_HELP = "Show what you can type"
    ABOUT_TAG = "A later notification with the same tag replaces this one"
    ABOUT_SUB_TAG = "A second tag, which replaces nothing"
    ABOUT_MAIL = "Another text for the e-mail that Bitrix24 may send"
    ABOUT_SYSTEM = "Send it in the name of Bitrix24 instead of a person"
    ABOUT_DRY_RUN = "Only show what Bitrix24 would show"

    # Within a notification
    WHOLE_TEXT = "whole text: {address!l}"

    # What messages hold besides text
    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    VOICE = "voice message"
    VIDEO_NOTE = "video message"
    AUDIO = "audio"
    STICKER = "sticker"
    POLL = "poll"
    CHECKLIST = "checklist"
    CONTACT = "contact"
    PLACE = "place on the map"
    FILE = "file"
    NAMED = "{kind}: {name}"

    # What became of it
    NOTIFIED = "Notified {names!b}."
    SHORTENED = "The text was longer than Bitrix24 keeps, so its end was cut off."
    REFUSED = "Not delivered to {name!b}: Bitrix24 refused it ({code!c})."
    NOT_CREATED = (
        "Not delivered to {name!b}: Bitrix24 created no notification. "
        "The account may not exist or be closed."
    )
    SWITCHED_OFF = (
        "Not delivered to {name!b}: they have switched such notifications off in Bitrix24, "
        "so you had better reach them another way."
    )
    GIVEN_UP = "Not delivered to {name!b}: I kept trying and have given up ({code!c})."
    WAITING = (
        "Not delivered to {names!b} yet: Bitrix24 does not answer as it should. I keep the "
        "message, go on trying and will tell you how it ends."
    )
    WAITING_LONGER = (
        "Not delivered to {names!b} yet: Bitrix24 takes no more from me at the moment. I keep the "
        "message, go on by myself and will tell you how it ends."
    )
    WAITING_UNSURE = (
        "I do not know yet whether {names!b} has it: Bitrix24 did not answer. I send it again and "
        "will tell you how it ends; it may be shown twice."
    )
    WAITING_FOR_ADMINISTRATOR = (
        "Not delivered to {names!b} yet: Bitrix24 does not let me in ({code!c}). Please tell your "
        "administrator. I keep the message and send it as soon as I may."
    )
    WAITING_BLOCKED = (
        "Not delivered to {names!b} yet: Bitrix24 has blocked all programs for being called too "
        "much. I keep the message and try again every few minutes."
    )
    AND = "{first} and {last}"
    FAULT = (
        "Something went wrong on my side, and your command was not carried out. "
        "Please tell an administrator."
    )


def say(text: Say, **values: str | tuple[str, ...]) -> Reply:
    """Make a reply of a text and its values, filling in the examples that many texts show.

    Several values for one field are written as a list: ``Anna, Boris and Clara``.
    """
    return Reply(text.name, _EXAMPLES | values)


_EXAMPLES: Final = {"handle": "@anna", "number": "#5", "help": "/b24help", "end": "--"}
