"""What a JavaScript module exports under a name, and from which other module."""

from __future__ import annotations

from tree_sitter import Node

from checks.parsers import javascript as js


def exported(tree: Node, name: str = "default") -> Node | None:
    """Return what a module exports under a name: `export default`, `export const`, `module.exports`, `exports.name`."""
    for statement in tree.named_children:
        if statement.type == "export_statement":
            inner = statement.child_by_field_name("declaration")
            if any(c.type in ("default", "=") for c in statement.children):
                if name == "default":
                    return statement.child_by_field_name("value") or inner or statement.named_children[-1]
                continue
            named = inner.child_by_field_name("name") if inner is not None else None
            if named is not None and js.text_of(named) == name:
                return inner
            for part in js.descend(statement) if statement.child_by_field_name("source") is None else ():
                if part.type == "export_specifier":
                    own, alias = (
                        part.child_by_field_name("name"),
                        part.child_by_field_name("alias") or part.child_by_field_name("name"),
                    )
                    if own is not None and alias is not None and js.text_of(alias) == name:
                        return own
        elif statement.type == "expression_statement" and statement.named_children[0].type == "assignment_expression":
            left = statement.named_children[0].child_by_field_name("left")
            right = statement.named_children[0].child_by_field_name("right")
            given = js.text_of(left) if left is not None else ""
            if given in (
                ("module.exports", "exports.default")
                if name == "default"
                else (f"module.exports.{name}", f"exports.{name}")
            ):
                return right
            if name != "default" and given == "module.exports" and right is not None and right.type == "object":
                found = next((v for n, _, v in js.properties(right) if n == name), None)
                if found is not None:
                    return found
    return js.declared(tree, name) if name != "default" else None


def exported_elsewhere(tree: Node, name: str) -> tuple[str, str] | None:
    """Return `(module, its name there)` of `export { name } from "module"`, or None."""
    for statement in tree.named_children:
        module = js.string_of(statement.child_by_field_name("source")) if statement.type == "export_statement" else None
        for part in js.descend(statement) if module else ():
            own = part.child_by_field_name("name") if part.type == "export_specifier" else None
            alias = part.child_by_field_name("alias") or own
            if module and own is not None and alias is not None and js.text_of(alias) == name:
                return module, js.text_of(own)
    return None


def wholly_exported(tree: Node) -> list[str]:
    """Return the modules of which everything is exported again: `export * from "module"`."""
    found = []
    for statement in tree.named_children:
        if statement.type == "export_statement" and any(c.type == "*" for c in statement.children):
            module = js.string_of(statement.child_by_field_name("source"))
            found += [module] if module else []
    return found
