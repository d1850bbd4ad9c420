"""The errors that the portal's REST interface answers with."""

from __future__ import annotations

TOO_MANY = "QUERY_LIMIT_EXCEEDED"

DOCUMENTED: dict[str, tuple[int, str]] = {
    "USER_ID_EMPTY": (400, "User ID can't be empty"),
    "MESSAGE_EMPTY": (400, "Message can't be empty"),
    "ATTACH_OVERSIZE": (400, "You have exceeded the maximum allowable size of attach"),
    "ATTACH_ERROR": (400, "Incorrect attach params"),
    "WRONG_AUTH_TYPE": (403, "Access for this method not allowed by session authorization"),
    "INTERNAL_SERVER_ERROR": (500, "Internal server error"),
    "ERROR_UNEXPECTED_ANSWER": (500, "Server returned an unexpected response"),
    TOO_MANY: (503, "Too many requests"),
    "OPERATION_TIME_LIMIT": (429, "Method is blocked due to operation time limit"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": (405, "Method is not allowed for batch usage"),
    "ERROR_BATCH_LENGTH_EXCEEDED": (400, "Max batch length exceeded"),
    "NO_AUTH_FOUND": (401, "Wrong authorization data"),
    "INVALID_REQUEST": (400, "Https required"),
    "OVERLOAD_LIMIT": (503, "REST API is blocked due to overload"),
    "ACCESS_DENIED": (403, "REST API is available only on commercial plans"),
    "INVALID_CREDENTIALS": (403, "Invalid request credentials"),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": (404, "Manifest is not available"),
    "ERROR_METHOD_NOT_FOUND": (404, "Method not found!"),
    "ERROR_ARGUMENT": (400, "The request cannot be read"),
    "insufficient_scope": (
        403,
        "The request requires higher privileges than provided by the webhook token",
    ),
    "PARAMS_ERROR": (400, "Incorrect params"),
    "expired_token": (401, "The access token provided has expired"),
    "user_access_error": (403, "The user does not have access to the application"),
    "PORTAL_DELETED": (500, "Portal was deleted"),
    "APPLICATION_NOT_FOUND": (401, "Application not found"),
    "authorization_error": (401, "Unable to authorize user"),
    "CONNECTION_ERROR": (500, "Error connecting to authorization server"),
    "METHOD_CONFIRM_WAITING": (401, "Waiting for confirmation"),
    "METHOD_CONFIRM_DENIED": (403, "Method call denied"),
    "invalid_request": (400, "The request is missing a parameter"),
    "invalid_client": (400, "The client credentials are invalid"),
    "invalid_grant": (400, "The authorization data is invalid or has expired"),
    "unsupported_grant_type": (400, "The grant type is not supported"),
    "PAYMENT_REQUIRED": (401, "Payment required"),
}
"""Code → HTTP status and description.

Source: https://apidocs.bitrix24.com/error-codes.html
"""

_UNKNOWN = (500, "")


class RestError(Exception):
    """A call that is refused.

    Args:
        code: the ``error`` to answer; a documented one has its status and description.
        description: another one than the documented.
        status: another one than the documented.
    """

    def __init__(self, code: str, description: str = "", status: int = 0) -> None:
        super().__init__(code)
        documented_status, documented_description = DOCUMENTED.get(code, _UNKNOWN)
        self.code = code
        self.status = status or documented_status
        self.description = description or documented_description

    def tell(self) -> dict[str, object]:
        """Return what the caller is told, as JSON."""
        return {"error": self.code, "error_description": self.description}
