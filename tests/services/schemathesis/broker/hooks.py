"""What Schemathesis has to be told about this API."""

import schemathesis

PLAN = "small"
TEXT_MAX = 4096


@schemathesis.hook
def before_call(context, case, kwargs):
    """Asks for a plan that there is: which ones there are, the document does not say."""
    body = case.body
    plan = body.get("plan") if isinstance(body, dict) else None
    if isinstance(plan, str) and 0 < len(plan) <= TEXT_MAX:
        body["plan"] = PLAN
