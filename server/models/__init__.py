"""All tables; importing this module makes them known to migrations and tests."""

from server.db import Base
from server.models.audit import Anchor, Audit
from server.models.cases import Assignment, Audience, Case, Deadline, Report, Request, Step, StepPayload
from server.models.figures import FrozenFigures
from server.models.messages import Delivery, Message, Mobile, NoticeChoice, PushSubscription, Robot
from server.models.numbers import Counter
from server.models.parties import Party
from server.models.people import DutyShift, Grant, Person, Session, SignInTries
from server.models.photos import Photo, PhotoListing, Upload
from server.models.places import Area, Duty, Grid, GridDesk, Unit
from server.models.rulebook import Category, Holiday, Limit, Reason, Rule, Stamp

__all__ = [
    "Anchor", "Area", "Assignment", "Audience", "Audit", "Base", "Case", "Category", "Counter", "Deadline",
    "Delivery", "Duty", "DutyShift", "FrozenFigures", "Grant", "Grid", "GridDesk", "Holiday", "Limit", "Message",
    "Mobile", "NoticeChoice", "Party", "Person", "Photo", "PhotoListing", "PushSubscription", "Reason", "Report",
    "Request", "Robot", "Rule", "Session", "SignInTries", "Stamp", "Step", "StepPayload", "Unit", "Upload",
]  # fmt: skip
