"""The limits of RFC 8620 §2, as advertised in the Session and enforced where they apply."""

from typing import Any

from django.conf import settings

MAX_CHANGES = 5000  # ids in one /changes response when the client asks for no fewer
MAX_QUERY_LIMIT = 5000  # ids in one /query response
MAX_FILTER_CONDITIONS = 200
MAX_FILTER_DEPTH = 20
MAX_COMPARATORS = 20
MAX_REFERENCE_ITEMS = 100_000  # values a result reference may resolve to
MAX_REFERENCE_WEIGHT = 20_000_000  # octets that all references of a request may resolve to, about
MAX_REFERENCES = 20  # references in one method call
MAX_PROPERTIES = 200  # names in one list of properties
MAX_RESPONSE = 100_000_000  # octets of objects in one response, and what is more of the last one
MAX_QUERY_CHANGES = 50_000  # changed objects that /queryChanges looks at
COLLATIONS = ["i;ascii-casemap", "i;octet", "i;unicode-casemap"]


def core_limits() -> dict[str, Any]:
    """The value of the capability urn:ietf:params:jmap:core in the Session."""
    return {
        "maxSizeUpload": settings.MAX_SIZE_UPLOAD,
        "maxConcurrentUpload": settings.MAX_CONCURRENT_UPLOAD,
        "maxSizeRequest": settings.MAX_SIZE_REQUEST,
        "maxConcurrentRequests": settings.MAX_CONCURRENT_REQUESTS,
        "maxCallsInRequest": settings.MAX_CALLS_IN_REQUEST,
        "maxObjectsInGet": settings.MAX_OBJECTS_IN_GET,
        "maxObjectsInSet": settings.MAX_OBJECTS_IN_SET,
        "collationAlgorithms": COLLATIONS,
    }
