"""Words of the kernel: every closed list of values that a record of `portal` may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.inspection import Rule


class Role(models.TextChoices):
    """What a person does in one programme; `portal.rules` says what each may."""

    MANAGER = "manager", _("Manager")
    COORDINATOR = "coordinator", _("Coordinator")
    REVIEWER = "reviewer", _("Reviewer")
    CHAIR = "chair", _("Jury chair")
    APPROVER = "approver", _("Approver")
    PARTNER = "partner", _("Partner (read only)")
    STATISTICS = "statistics", _("Statistics reader")
    PROCUREMENT = "procurement", _("Procurement adviser")
    COMPLIANCE = "compliance", _("Compliance officer")
    MENTOR = "mentor", _("Mentor")


#: Roles that decide or see everybody: they open with a second factor only.
MANAGING_ROLES = frozenset(
    {
        Role.MANAGER,
        Role.COORDINATOR,
        Role.CHAIR,
        Role.APPROVER,
        Role.PROCUREMENT,
        Role.COMPLIANCE,
    }
)


class ProgrammeKind(models.TextChoices):
    """What sort of undertaking a programme is."""

    CENTRE = "centre", _("Innovation centre")
    ACCELERATOR = "accelerator", _("Accelerator")
    CITY = "city", _("City programme")
    DEMONSTRATION = "demonstration", _("Technology demonstration")


class PartnerRole(models.TextChoices):
    """What an organisation gives to a programme."""

    HOST = "host", _("Host")
    CO_HOST = "co_host", _("Co-host")
    DONOR = "donor", _("Donor")
    SPONSOR = "sponsor", _("Sponsor")
    PR = "pr", _("PR partner")
    KNOWLEDGE = "knowledge", _("Knowledge partner")


class Lane(models.IntegerChoices):
    """The order in which letters leave: a code never waits behind ten thousand reminders."""

    CODE = 0, _("Code or invitation")
    RECEIPT = 1, _("Receipt")
    NEWS = 2, _("Result or news")
    REMINDER = 3, _("Reminder")


class OutboxState(models.TextChoices):
    """How far a letter has come."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Undelivered")
    HELD_BACK = "held_back", _("Held back")
    #: It comes with the next digest of its reader.
    DIGEST = "digest", _("In the digest")


class HoldCause(models.TextChoices):
    """Why no letters leave at the moment."""

    RESTORED = "restored", _("the database is another than the one before: it was restored")
    ASKED = "asked", _("somebody stopped them")


class WhyNot(models.TextChoices):
    """Why a letter did not arrive, in words for whoever telephones now."""

    ADDRESS = "address", _("address unknown")
    FULL = "full", _("mailbox full")
    CLOSED = "closed", _("mailbox closed")
    DOMAIN = "domain", _("no mail is taken under this address's domain")
    REFUSED = "refused", _("refused by the reader's mail server")
    SPAM = "spam", _("taken for unwanted mail by the reader's mail server")
    COMPLAINT = "complaint", _("marked as unwanted by the reader")
    LARGE = "large", _("too large for the reader's mail server")
    AWAY = "away", _("our mail server cannot be reached")
    BUSY = "busy", _("the mail server asked us to try again later")
    SETTINGS = "settings", _("our mail server does not accept the portal's settings")
    RESTORED = "restored", _("it had left before the database was restored")
    GIVEN_UP = "given_up", _("given up when the letters were let go")
    OUTDATED = "outdated", _("what it reminds of moved or ended before it left")
    UNWANTED = "unwanted", _("its reader does not want such letters by mail any more")
    OTHER = "other", _("not delivered")


class ReminderState(models.TextChoices):
    """What became of a planned reminder."""

    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


class Unwritten(models.TextChoices):
    """Why a planned reminder is not written."""

    DONE = "done", _("nothing is left to be reminded of")
    MOVED = "moved", _("the deadline moved, and it was planned anew")
    ENDED = "ended", _("what it belongs to was cancelled or taken back")
    LEFT = "left", _("the person does not work on it any more")
    LATE = "late", _("its deadline had passed before it could be written")
    OVERTAKEN = "overtaken", _("a later reminder was due as well, and one is enough")
    INCOMPLETE = "incomplete", _("it is for what is complete, and this was not")


class UploadState(models.TextChoices):
    """How far a file has come in."""

    COMING = "coming", _("On its way")
    TAKEN = "taken", _("Taken in")


class Cleaning(models.TextChoices):
    """What was taken out of a file, so that it could be taken in."""

    OPENING = "opening", _("the page and size at which it opens")
    LOCK = "lock", _("the protection against changes")


class DocumentState(models.TextChoices):
    """How far the check of a file has come; only a clean one is served to others."""

    CHECKING = "checking", _("Being checked")
    CLEAN = "clean", _("Checked")
    REFUSED = "refused", _("Refused")


class Refusal(models.TextChoices):
    """Why a file was refused: what was found in it, and what makes it a file we take."""

    DAMAGED = (
        Rule.DAMAGED.value,
        _(
            "It could not be opened, or a part of it is missing. Save it again from the program"
            " that made it."
        ),
    )
    LOCKED = Rule.LOCKED.value, _("It opens with a password only. Save it without a password.")
    RESTRICTED = (
        Rule.RESTRICTED.value,
        _(
            "It is protected in a way that no copy without the protection can be made. Print it to"
            " a new PDF."
        ),
    )
    TWO_IN_ONE = (
        Rule.TWO_IN_ONE.value,
        _(
            "Something else is packed before or behind its content. Save it again from the program"
            " that made it."
        ),
    )
    SCRIPT = (
        Rule.SCRIPT.value,
        _("It holds a script. Print it to a new PDF, which keeps what is seen and nothing else."),
    )
    LAUNCH = (
        Rule.LAUNCH.value,
        _("It opens other files or sends data. Print it to a new PDF, which keeps what is seen."),
    )
    OPENING = (
        Rule.OPENING.value,
        _("It does something by itself when it is opened. Print it to a new PDF."),
    )
    ACTIONS = (
        Rule.ACTIONS.value,
        _("It does something by itself while it is read. Print it to a new PDF."),
    )
    ATTACHMENTS = (
        Rule.ATTACHMENTS.value,
        _("Other files are attached inside it. Take them out, or print it to a new PDF."),
    )
    FORM = Rule.FORM.value, _("It is a form that only one program can show. Print it to a new PDF.")
    MEDIA = (
        Rule.MEDIA.value,
        _("It holds sound, video or 3D. Take that out and write an address where it can be seen."),
    )
    KIND = (
        Rule.KIND.value,
        _(
            "It is not what its name says. Save it again as a document, sheet or slides without"
            " macros."
        ),
    )
    ENTRIES = Rule.ENTRIES.value, _("It has more than 5,000 parts. Split it, or save it as PDF.")
    UNPACKED = (
        Rule.UNPACKED.value,
        _(
            "It is far larger unpacked than it looks. Delete empty rows and large pictures, or save"
            " it as PDF."
        ),
    )
    NAMES = (
        Rule.NAMES.value,
        _("Its parts have names that no office program gives. Save it again in one, or as PDF."),
    )
    NESTED = (
        Rule.NESTED.value,
        _("Another file is packed inside it. Take it out, or save it as PDF."),
    )
    MACROS = (
        Rule.MACROS.value,
        _("It holds macros. Save it without them (.docx, .xlsx, .pptx), or as PDF."),
    )
    CONTROLS = Rule.CONTROLS.value, _("It holds active controls. Take them out, or save it as PDF.")
    OBJECTS = (
        Rule.OBJECTS.value,
        _(
            "An object of another program is embedded in it. Put a picture in its place, or save it"
            " as PDF."
        ),
    )
    EXTERNAL = (
        Rule.EXTERNAL.value,
        _(
            "It fetches something from elsewhere when it is opened. Embed linked pictures and break"
            " links to other files, or save it as PDF."
        ),
    )
    ENTITIES = (
        Rule.ENTITIES.value,
        _(
            "It is written in a way that can be used to attack its reader. Save it again in an"
            " office program, or as PDF."
        ),
    )
    PIXELS = Rule.PIXELS.value, _("The picture has more than 64 million pixels. Save it smaller.")
    TEXT = (
        Rule.TEXT.value,
        _("It is not a table in plain text. Save it as CSV (UTF-8) from a spreadsheet."),
    )
    FORMULA = (
        Rule.FORMULA.value,
        _("A cell holds a formula that a spreadsheet would carry out. Save the values only."),
    )
    HEAVY = (
        Rule.HEAVY.value,
        _(
            "It could not be read with 5 seconds of computing and 512 MB of memory. Save it"
            " smaller, or as PDF."
        ),
    )
    UNREADABLE = (
        Rule.UNREADABLE.value,
        _(
            "It could not be read to its end, though we tried several times. Save it again, if"
            " possible smaller or as PDF."
        ),
    )
    VIRUS = (
        Rule.VIRUS.value,
        _(
            "The virus scanner found something in it. Have your own machine checked, and save the"
            " file anew."
        ),
    )
    CHANGED = Rule.CHANGED.value, _("It did not reach our store unharmed. Upload it once more.")


class Kept(models.TextChoices):
    """What is kept for a time of its own; the rows of `Retention` say for how long."""

    CLOSED_ACCOUNT = "closed-account", _("Closed accounts")
    SUBMISSIONS = "submissions", _("What was submitted")
    LETTERS = "letters", _("Letters")
    AUDIT_TRAIL = "audit-trail", _("Audit trail")


class Mode(models.TextChoices):
    """Where people meet."""

    ONLINE = "online", _("Online")
    ON_SITE = "on_site", _("On site")
    HYBRID = "hybrid", _("On site and online")


class PolicyKind(models.TextChoices):
    """The texts that bind everybody and therefore carry versions."""

    PRIVACY = "privacy", _("Privacy")
    TERMS = "terms", _("Terms of use")
    ACCESSIBILITY = "accessibility", _("Accessibility")
    MENTORS = "mentors", _("Code of conduct for mentors")


class Goal(models.IntegerChoices):
    """The seventeen Sustainable Development Goals (A/RES/70/1, short names)."""

    POVERTY = 1, _("No poverty")
    HUNGER = 2, _("Zero hunger")
    HEALTH = 3, _("Good health and well-being")
    EDUCATION = 4, _("Quality education")
    GENDER = 5, _("Gender equality")
    WATER = 6, _("Clean water and sanitation")
    ENERGY = 7, _("Affordable and clean energy")
    WORK = 8, _("Decent work and economic growth")
    INDUSTRY = 9, _("Industry, innovation and infrastructure")
    INEQUALITY = 10, _("Reduced inequalities")
    CITIES = 11, _("Sustainable cities and communities")
    CONSUMPTION = 12, _("Responsible consumption and production")
    CLIMATE = 13, _("Climate action")
    OCEAN = 14, _("Life below water")
    LAND = 15, _("Life on land")
    PEACE = 16, _("Peace, justice and strong institutions")
    PARTNERSHIPS = 17, _("Partnerships for the goals")


class Readiness(models.IntegerChoices):
    """Technology readiness levels, EC Decision C(2014)4995, Annex G."""

    PRINCIPLES = 1, _("1 – basic principles observed")
    CONCEPT = 2, _("2 – technology concept formulated")
    PROOF = 3, _("3 – experimental proof of concept")
    LAB = 4, _("4 – technology validated in lab")
    RELEVANT = 5, _("5 – technology validated in relevant environment")
    DEMONSTRATED = 6, _("6 – technology demonstrated in relevant environment")
    PROTOTYPE = 7, _("7 – system prototype demonstration in operational environment")
    COMPLETE = 8, _("8 – system complete and qualified")
    PROVEN = 9, _("9 – actual system proven in operational environment")
