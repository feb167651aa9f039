"""The catalogue: every shape of the API under the name that the document gives it."""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.api.schemas import agreements, applications, matters, messages, parts, progress
from gateway.api.schemas.parts import Schema

SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "Problem": parts.PROBLEM,
        "TokenRequest": parts.TOKEN_REQUEST,
        "Token": parts.TOKEN,
        "Health": parts.HEALTH,
        "KeySet": parts.JWKS,
        "Attachment": parts.ATTACHMENT,
        "UploadWanted": parts.UPLOAD_WANTED,
        "Upload": parts.UPLOAD,
        "UploadWhole": parts.UPLOAD_WHOLE,
        "Matter": matters.MATTER,
        "MatterList": matters.MATTER_LIST,
        "Form": matters.FORM,
        "Filing": applications.FILING,
        "Checked": applications.CHECKED,
        "Clock": applications.CLOCK,
        "Result": applications.RESULT,
        "Application": applications.APPLICATION,
        "ApplicationSummary": applications.SUMMARY,
        "ApplicationList": applications.APPLICATION_LIST,
        "Event": applications.EVENT,
        "EventList": applications.EVENT_LIST,
        "Supplement": applications.SUPPLEMENT,
        "MaterialsLater": applications.LATER,
        "Withdrawal": applications.WITHDRAWAL,
        "OriginalMoved": applications.ORIGINAL_MOVED,
        "Contact": applications.CONTACT,
        "Correction": applications.CORRECTION,
        "Urge": applications.URGE,
        "Note": applications.NOTE,
        "HandOver": applications.HAND_OVER,
        "Rating": applications.RATING,
        "Message": messages.EVENT_BODY,
        "Stored": messages.STORED,
        "Delivery": messages.DELIVERY,
        "DeliveryList": messages.DELIVERY_LIST,
        "CustodialReceipt": messages.CUSTODIAL_RECEIPT,
        "Change": messages.CHANGE,
        "Agreement": agreements.AGREEMENT,
        "AgreementList": agreements.AGREEMENT_LIST,
        "ListVersion": agreements.LIST_VERSION,
        "ListSignature": agreements.LIST_SIGNATURE,
        "ListReturn": agreements.LIST_RETURN,
        "ProgressQuestion": progress.QUESTION,
        "Progress": progress.PROGRESS,
    }
)
