"""`ringback doctor`: looks at everything that a call needs, and says of each fault what, why, and what to do."""

from ringback.app.doctor.examination import examine
from ringback.app.doctor.finding import Finding, Report, Severity
from ringback.app.doctor.machine import Machine

__all__ = ["Finding", "Machine", "Report", "Severity", "examine"]
