from django.apps import AppConfig


class PushConfig(AppConfig):
    name = "jmap.push"
    label = "push"

    def ready(self) -> None:
        from jmap.core.capabilities import CORE, register_method
        from jmap.core.doorbell import bells
        from jmap.core.sweeps import Sweep, sweeps
        from jmap.push import upkeep
        from jmap.push.subscription import BELL, push_subscription_get, push_subscription_set
        from jmap.push.tasks import ring

        register_method(CORE, "PushSubscription/get", push_subscription_get)
        register_method(CORE, "PushSubscription/set", push_subscription_set)
        bells[BELL] = ring
        sweeps["push"] = Sweep(upkeep.EVERY, upkeep.ring_what_is_due)
        sweeps["push-all"] = Sweep(upkeep.FULL_EVERY, upkeep.look_after_all)
