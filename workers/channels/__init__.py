"""The ways out of the office; each channel is one function from an errand to what became of it."""

from collections.abc import Callable, Mapping

from server.office import Office
from server.services.deliveries import Errand, Outcome
from workers.channels import robots, sms, webpush

Channel = Callable[[Errand, Office], Outcome]

CHANNELS: Mapping[str, Channel] = {"webpush": webpush.send, "robot": robots.send, "sms": sms.send}
