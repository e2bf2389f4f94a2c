"""What ``POST /prompt`` checks before it queues, in ComfyUI's order and words."""

from __future__ import annotations

import inspect
from typing import Any

Json = dict[str, Any]
MANY = 20
"""A longer list of options is not repeated in an error."""


class Refused(Exception):
    """The prompt is not valid; holds the answer's ``error``."""

    def __init__(self, kind: str, message: str, details: str = "", **extra_info: Any) -> None:
        super().__init__(message)
        self.error = {"type": kind, "message": message, "details": details, "extra_info": extra_info}


def validate(
    prompt: Json, classes: dict[str, Any], targets: list[str] | None = None
) -> tuple[list[str], Json]:
    """Return the outputs that can run and the errors of nodes; raise Refused with ``node_errors`` when none can."""
    outputs = _outputs(prompt, classes, targets)
    checked: dict[str, list[Json]] = {}
    good, node_errors = [], {}
    for output in outputs:
        needed = _needed(prompt, output)
        for node in needed:
            if node not in checked:
                checked[node] = _errors(prompt[node]["inputs"], classes[prompt[node]["class_type"]])
        if not any(checked[node] for node in needed):
            good.append(output)
        for node in needed:
            if checked[node]:
                entry = node_errors.setdefault(
                    node,
                    {
                        "errors": checked[node],
                        "dependent_outputs": [],
                        "class_type": prompt[node]["class_type"],
                    },
                )
                entry["dependent_outputs"].append(output)
    if good:
        return good, node_errors
    lines = (
        f"{error['message']}: {error['details']}" for node in node_errors.values() for error in node["errors"]
    )
    refusal = Refused(
        "prompt_outputs_failed_validation", "Prompt outputs failed validation", "\n".join(lines)
    )
    refusal.node_errors = node_errors  # type: ignore[attr-defined]
    raise refusal


def _outputs(prompt: Json, classes: dict[str, Any], targets: list[str] | None) -> list[str]:
    for node, entry in prompt.items():
        kind = entry.get("class_type")
        if kind not in classes:
            raise Refused(
                "missing_node_type",
                f"Node '{kind or f'ID #{node}'}' not found. The custom node may not be installed.",
                f"Node ID '#{node}'",
                node_id=node,
                class_type=kind,
            )
    found = [
        node
        for node, entry in prompt.items()
        if is_output(classes[entry["class_type"]]) and (targets is None or node in targets)
    ]
    if not found:
        raise Refused("prompt_no_outputs", "Prompt has no outputs")
    return found


def is_output(node_class: Any) -> bool:
    """Tell whether a node makes its inputs run."""
    if hasattr(node_class, "GET_SCHEMA"):
        return bool(node_class.GET_SCHEMA().is_output_node)
    return bool(getattr(node_class, "OUTPUT_NODE", False))


def _needed(prompt: Json, output: str) -> list[str]:
    """Return a node and all before it, each once."""
    found, waiting = [], [output]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.append(node)
            waiting += [str(value[0]) for value in prompt[node]["inputs"].values() if is_link(value)]
    return found


def is_link(value: object) -> bool:
    """Tell whether an input's value is another node's output."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _errors(values: Json, node_class: Any) -> list[Json]:
    inputs = node_class.INPUT_TYPES()
    validator = validator_of(node_class)
    spec = inspect.getfullargspec(validator) if validator else None
    own = set(spec.args) if spec else set()
    skips_all = bool(spec and spec.varkw)
    found: list[Json] = []
    for part in ("required", "optional"):
        for name, config in inputs.get(part, {}).items():
            if name not in values:
                if part == "required":
                    found.append(_error("required_input_missing", "Required input is missing", name, name))
                continue
            if is_link(values[name]) or skips_all or name in own:
                continue
            if error := _value_error(name, values[name], config):
                found.append(error)
    return found or _own_errors(validator, spec, values)


def validator_of(node_class: Any) -> Any:
    """Return a node's own check of its inputs, if it has one."""
    if hasattr(node_class, "overrides"):
        return node_class.overrides("validate_inputs")
    return getattr(node_class, "VALIDATE_INPUTS", None)


def _value_error(name: str, value: Any, config: Any) -> Json | None:
    kind, settings = config[0], (config[1] if len(config) > 1 else {})
    options = kind if isinstance(kind, list) else settings.get("options") if kind == "COMBO" else None
    if options is not None:
        if value in options:
            return None
        shown = f"(list of length {len(options)})" if len(options) > MANY else str(options)
        error = _error("value_not_in_list", "Value not in list", f"{name}: {value!r} not in {shown}", name)
        error["extra_info"] |= {
            "input_config": None if len(options) > MANY else list(config),
            "received_value": value,
        }
        return error
    try:
        {"INT": int, "FLOAT": float, "STRING": str}.get(str(kind), bool)(value)
    except (TypeError, ValueError) as problem:
        message = f"Failed to convert an input value to a {kind} value"
        return _error("invalid_input_type", message, f"{name}, {value}, {problem}", name)
    return None


def _own_errors(validator: Any, spec: inspect.FullArgSpec | None, values: Json) -> list[Json]:
    if validator is None or spec is None:
        return []
    chosen = {
        name: None if is_link(value) else value
        for name, value in values.items()
        if spec.varkw or name in spec.args
    }
    if not chosen:
        return []
    said = validator(**chosen)
    if said is True:
        return []
    message = "Custom validation failed for node"
    return [_error("custom_validation_failed", message, f"{name} - {said}", name) for name in chosen]


def _error(kind: str, message: str, details: str, name: str) -> Json:
    return {"type": kind, "message": message, "details": details, "extra_info": {"input_name": name}}
