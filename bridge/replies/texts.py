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
        "{who!c} is not linked to a Bitrix24 account yet: they can type {link!c}, or an "
        "administrator can link {identity!c}. Until then use their number in Bitrix24, as in "
        "{number!c}, or their e-mail address."
    )
    NUMBER_UNKNOWN = "Nobody in Bitrix24 has the number {number!c}."
    EMAIL_UNKNOWN = "Nobody in Bitrix24 has the e-mail address {email!c}."
    EMAIL_AMBIGUOUS = (
        "More than one person in Bitrix24 has the e-mail address {email!c}: {names}. "
        "Use a number, please."
    )
    DISMISSED = "{name!b} no longer works here: the Bitrix24 account is closed."
    PORTAL_REFUSES = (
        "Bitrix24 refuses the bridge's access, so your command was not carried out. "
        "Please tell your administrator."
    )
    CANNOT_ASK = (
        "I could not ask Bitrix24, so your command was not carried out. "
        "Please try again in a few minutes."
    )

    GROUP_EMPTY = "Nobody is in the group {group!c}."
    GROUP_UNREADABLE = (
        "I cannot see who is in {group!c}. Name the people themselves, please, or make a group of "
        "mine: {example!c}"
    )
    GROUP_NOT_LINKED = "Nobody in {group!c} is linked to a Bitrix24 account."
    LEFT_OUT = "Not linked to Bitrix24, and so left out of {group!c}: {names}."
    LEFT_OUT_OF_REACH = (
        "Left out of {group!c}, because their Bitrix24 is not connected at the moment: {names}."
    )
    LEFT_OUT_DISMISSED = "Left out of {group!c}, because they no longer work here: {names}."
    WHO_GROUP = "{who!c} is {names}."

    # Groups
    GROUP_HOW = "Type it like this: {usage!c}"
    GROUP_NO_ACTION = "{word!c} is nothing that I can do with a group. Did you mean {near!c}?"
    GROUP_NO_NAME = "Which group do you mean? Type it like this: {example!c}"
    GROUP_NO_PEOPLE = "Whom do you mean? Type it like this: {example!c}"
    GROUP_BAD_NAME = (
        "{name!c} cannot be the name of a group. Take 2 to 32 letters, digits, hyphens and "
        "underscores, the first of them a letter."
    )
    GROUP_RESERVED = "{name!c} cannot be the name of a group: it means something else already."
    GROUP_IS_HANDLE = "{name!c} cannot be the name of a group: somebody is called that."
    GROUP_EXISTS = "There is a group {group!c} already: {names}."
    GROUP_EXISTS_EMPTY = "There is a group {group!c} already; nobody is in it."
    GROUP_UNKNOWN = "There is no group {group!c}. {example!c} makes it."
    GROUP_UNKNOWN_NEAR = "There is no group {group!c}. Did you mean {near!c}?"
    GROUP_FOREIGN = "Only {maker}, who made {group!c}, and administrators can change it."
    GROUP_CREATED = "{group!c} is now {names}. Use it as a recipient: {example!c}"
    GROUP_CHANGED = "{group!c} is now {names}."
    GROUP_EMPTIED = "Nobody is in the group {group!c} any more."
    GROUP_SAME = "Nothing to change: {group!c} is {names}."
    GROUP_SHOWN = "{group!c} is {names}. {maker} made it."
    GROUP_SHOWN_EMPTY = "Nobody is in the group {group!c}. {maker} made it."
    GROUP_LISTED = "{group!c} – {names}"
    GROUP_LISTED_EMPTY = "{group!c} – nobody"
    NO_GROUPS = "There are no groups yet. {example!c} makes one."
    GROUP_DELETED = "The group {group!c} is gone. It was {names}."
    GROUP_DELETED_EMPTY = "The group {group!c} is gone."

    # Limits
    TOO_FAST = (
        "That was too much at once: I take at most {limit} commands a minute. "
        "Please try again in {seconds} seconds."
    )

    # Permissions
    SENDER_DISMISSED = (
        "Sorry, your Bitrix24 account is closed, so you cannot send anything through me."
    )
    SENDER_CLOSED = "Sorry, your account here is closed, so you cannot send anything through me."
    SENDER_FOREIGN = "Sorry, I only take commands from people of this workspace's own organisation."
    SENDER_GUEST = "Sorry, I take no commands from guests of this workspace."
    CHAT_LACKS = (
        "I lack the permission {permission!c} in {platform}, so nothing has been done. Please tell "
        "your administrator, who can install me there again."
    )
    CHAT_REFUSES = (
        "{platform} does not let me ask about the people concerned, so nothing has been done. "
        "Please tell your administrator."
    )
    CANNOT_ASK_CHAT = (
        "I could not ask {platform} about the people concerned, so nothing has been done. "
        "Please try again in a few minutes."
    )

    # Permissions and links
    STRANGER = (
        "Sorry, I do not know you. Type {link!c} to link yourself to your Bitrix24 account, or ask "
        "your administrator to link {identity!c}."
    )
    LINKED = "You are {name!b} in Bitrix24, number {number!c}."
    LINKED_IN = "You are {name!b} in {portal!c}, number {number!c}."
    NOT_LINKED = (
        "You are not linked to a Bitrix24 account. Type {link!c} to link yourself, or ask your "
        "administrator to link {identity!c}."
    )
    UNLINKED = "You are no longer linked to {name!b} in Bitrix24."

    # Linking
    LINK_HOW = (
        "You are not linked to a Bitrix24 account yet. Type {command!c} with the e-mail address "
        "or the number that you have there, such as {example!c}, and I send you a code. Or ask "
        "your administrator to link {identity!c}."
    )
    LINK_NO_CODE = (
        "{word!c} is neither a code of six digits nor somebody in Bitrix24, such as {number!c} or "
        "{email!c}. Type it like this: {usage!c}"
    )
    LINK_IN_PRIVATE = "Please do that in a private chat with me, where nobody else reads it."
    LINK_IN_PRIVATE_OR_BY_SLASH = (
        "Please type it here as {command!c}, as a command of its own, or write to me privately: "
        "nobody else reads it there."
    )
    LINK_SEND_CODE = "Send a code to {email}"
    CODE = (
        "{code!b} is the code that links {who!c} on {platform} to you. Type {command!c} there "
        "within {minutes} minutes."
    )
    CODE_WARNING = (
        "If that is not you, do nothing and tell nobody the code: nothing happens without it."
    )
    CODE_SENT = (
        "If {who!c} has an account in Bitrix24, I have sent a code to its notifications. Type "
        "{command!c}, with your code, within {minutes} minutes. If none comes, ask your "
        "administrator to link {identity!c}."
    )
    CODE_TOO_MANY = (
        "You have asked for many codes. You can ask for the next one in {minutes} minutes."
    )
    CODE_WRONG = "That is not the code that I sent. Tries left: {tries}."
    CODE_USED_UP = (
        "That is not the code that I sent, and it was the last try. Type {command!c} for a new one."
    )
    CODE_NONE = (
        "No code of yours is waiting: each lasts {minutes} minutes and a few tries. Type "
        "{command!c} for a new one."
    )
    NOW_LINKED = "You are now linked to {name!b} in Bitrix24, number {number!c}."
    NOW_LINKED_IN = "You are now linked to {name!b} in {portal!c}, number {number!c}."
    BY_EMAIL = "That is because your e-mail address is the same in both; {unlink!c} ends it."
    OTHER_LINKED = "{who!c} ({identity!c}) is now {name!b} in Bitrix24, number {number!c}."
    OTHER_UNSEEN = (
        "I do not know {who!c} yet. Ask them to write to me once, {command!c} for example; then "
        "you can link them."
    )
    LINK_OTHER_HOW = "One of the two must be a name here, the other one in Bitrix24: {usage!c}"
    ONLY_ADMINISTRATORS = "Only an administrator may do that."
    WHO = "{who!c} is {name!b} in Bitrix24, number {number!c}."
    WHO_IN = "{who!c} is {name!b} in {portal!c}, number {number!c}."

    # Help
    HELP_INTRO = "I ring your colleagues' bells in Bitrix24. This is what you can type:"
    HELP_COMMAND = "{usage!c} – {summary}"
    HELP_OPTION = "{option!c} – {summary}"
    HELP_RECIPIENTS = (
        "Recipients: a mention, {handle!c}, a group, a number in Bitrix24, {number!c}, or an "
        "e-mail address; several with spaces or commas. The text may hold Markdown and as many "
        "lines as you like."
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

    # Slack's form and home page
    FORM_TITLE = "Notify in Bitrix24"
    FORM_SEND = "Send"
    FORM_CANCEL = "Cancel"
    FORM_PEOPLE = "Whom to notify"
    FORM_SEARCH = "Type a name"
    FORM_OTHERS = "Anybody else here"
    FORM_NOTE = "What to tell them"
    FORM_NOBODY = "Choose at least one person, please."
    FORM_NO_NOTE = "Write what to tell them, please."
    FORM_NOTE_TOO_LONG = "That is too long: at most {limit} characters, please."
    HOME_LINK = "Link me to Bitrix24"
    HOME_UNLINK = "End my link"
    HOME_SENT = "Your last notifications"
    HOME_GROUPS = "Your groups"

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
    DOUBLED = "It may be shown twice to {names!b}: Bitrix24 did not answer the first time."
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
    GIVEN_UP_UNSURE = (
        "I kept trying to notify {name!b} and have given up: Bitrix24 did not tell whether it took "
        "the message ({code!c}), so it may have arrived or not."
    )
    CANCELLED = "Not delivered to {names!b}: an administrator has cancelled it."
    TRACE = "Your administrator finds more about it under {trace!c}."
    ASKING = "I am asking Bitrix24. That takes a little longer this time."
    ON_ITS_WAY = "On its way to {names!b}. I will tell you how it ends."
    WAITING = (
        "Not delivered to {names!b} yet: Bitrix24 does not answer as it should. I keep the "
        "message, go on trying and will tell you how it ends."
    )
    WAITING_LONGER = (
        "Not delivered to {names!b} yet: Bitrix24 takes no more from me at the moment. I keep the "
        "message, go on by myself and will tell you how it ends."
    )
    WAITING_UNSURE = (
        "I do not know yet whether it has reached {names!b}: Bitrix24 did not answer. I send it "
        "again and will tell you how it ends; it may be shown twice."
    )
    WAITING_FOR_ADMINISTRATOR = (
        "Not delivered to {names!b} yet: Bitrix24 does not let me in ({code!c}). Please tell your "
        "administrator. I keep the message and send it as soon as I may."
    )
    WAITING_PAUSED = (
        "Not delivered to {names!b} yet: an administrator has paused what goes to Bitrix24. I keep "
        "the message, send it when the pause ends and will tell you how it ends."
    )
    WAITING_BLOCKED = (
        "Not delivered to {names!b} yet: Bitrix24 has blocked all programs for being called too "
        "much. I keep the message and try again every few minutes."
    )
    # What became of it, in a few words
    SENT_NOTHING = "You have sent nothing yet. {help!c} shows how."
    SENT_INTRO = "This became of your last notifications:"
    SENT_DELIVERED = "{name!b}: delivered {when}{note}"
    SENT_UNDER_WAY = "{name!b}: on its way{note}"
    SENT_NOT_TRIED = "{name!b}: waiting, first try {when}"
    SENT_WAITING = "{name!b}: not delivered yet, {reason}; next try {when}{note}"
    SENT_ON_HOLD = (
        "{name!b}: waiting for your administrator, {reason} ({code!c}); that began {since}{next}"
        "{note}"
    )
    NEXT_TRY = "; next try {when}"
    SENT_FAILED = "{name!b}: not delivered, {reason} ({code!c}), {when}{note}"
    SENT_GIVEN_UP = "{name!b}: given up {when} after many tries, {reason} ({code!c}){note}"
    SENT_TAKEN_BACK = "{name!b}: taken back {when}"
    SENT_MORE = "More that wait: {number}"
    SENT_CANCELLED = "{name!b}: cancelled by an administrator {when}"
    MAYBE_TWICE = "; it may be shown twice"
    WHY_NO_ROOM = "Bitrix24 takes no more from me at the moment"
    WHY_NO_ANSWER = "Bitrix24 did not answer"
    WHY_NO_ACCESS = "Bitrix24 does not let me in"
    WHY_PAUSED = "what goes to Bitrix24 is paused"
    WHY_BLOCKED = "Bitrix24 has blocked all programs"
    WHY_OTHER = "Bitrix24 does not answer as it should"
    WHY_NOT_CREATED = "Bitrix24 created no notification"
    WHY_SWITCHED_OFF = "they have switched such notifications off"
    WHY_REFUSED = "Bitrix24 refused it"
    NOW = "just now"
    AGO_MINUTES = "{number} min ago"
    AGO_HOURS = "{number} h ago"
    AGO_DAYS = "{number} d ago"
    AT_ONCE = "at once"
    IN_SECONDS = "in {number} s"
    IN_MINUTES = "in {number} min"
    IN_HOURS = "in {number} h"

    # Taking back, and choosing
    UNDO = "Undo"
    TAKEN_BACK = "Taken back: {names!b}."
    TAKEN_BACK_NOTE = (
        "Bitrix24 was told to delete the notification; an e-mail or a push that has gone out stays."
    )
    UNDO_TOO_EARLY = (
        "It is being sent to {names!b} at this moment. Try again when I tell you how that ended."
    )
    UNDO_TOO_LATE = (
        "It is too late to take it back from {names!b}: that is possible for {minutes} minutes."
    )
    UNDO_NOTHING = "There is nothing to take back: that notified nobody."
    UNDO_REPLACED = "A later notification with the same tag has taken its place for {names!b}."
    UNDONE_BEFORE = "You have taken that back already."
    NO_NUMBER = "Which command do you mean? The button under its answer knows: {usage!c}"
    NOT_YOURS = "Only who sent that command can do this."
    CHOICE_OVER = "That choice is over. Please type the command again."

    # Trying without sending
    DRY_RUN = "Nothing was sent. This is what Bitrix24 would show to {names!b}."
    DRY_RUN_ATTACHED = "Tables and pictures go below the text, as an attachment."
    DRY_RUN_SYSTEM = "It would come from Bitrix24 itself and not from a person."
    DRY_RUN_MAIL = "An e-mail would say:"

    # Telling administrators
    HOLD_BEGUN = (
        "The Bitrix24 portal {portal!b} is on hold: {code!c}. What is sent there waits, and "
        "nothing is lost. {list_portals!c} tells what to do."
    )
    HOLD_LASTS = (
        "The Bitrix24 portal {portal!b} has been on hold for an hour: {code!c}. Notifications that "
        "wait: {queued}. {list_portals!c} tells what to do."
    )
    HOLD_ENDED = (
        "The Bitrix24 portal {portal!b} is not on hold any more. What has waited is on its way."
    )

    AND = "{first} and {last}"
    FAULT = (
        "Something went wrong on my side, and your command was not carried out. "
        "Please tell an administrator, and quote {trace!c}."
    )


def say(text: Say, **values: str | tuple[str, ...]) -> Reply:
    """Make a reply of a text and its values, filling in the examples that many texts show.

    Several values for one field are written as a list: ``Anna, Boris and Clara``.
    """
    return Reply(text.name, _EXAMPLES | values)


_EXAMPLES: Final = {
    "handle": "@anna",
    "number": "#5",
    "help": "/b24help",
    "link": "/b24link",
    "end": "--",
}
