"""What a person can set about the service, a file a topic."""

from service.settings.access import AccessSettings
from service.settings.clips import ClipSettings
from service.settings.computing import ComputingSettings
from service.settings.observing import ObservingSettings
from service.settings.places import PlaceSettings
from service.settings.work import WorkSettings


class Settings(ObservingSettings, WorkSettings, ComputingSettings, ClipSettings, AccessSettings, PlaceSettings):
    """The service's settings: given by name, or by environment variables such as SIGHTSOUND_PORT."""
