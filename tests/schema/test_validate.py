#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests the schemas and their validation: test_validate.py SOURCE BUILD.

Every format has a schema, and a document that differs from its schema is refused.
"""
import copy
import functools
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

source, build = map(pathlib.Path, sys.argv[1:3])
program = source / "tests/schema/validate"
loader = importlib.machinery.SourceFileLoader("validate", str(program))
sys.dont_write_bytecode = True
validate = importlib.util.module_from_spec(importlib.util.spec_from_loader("validate", loader))
loader.exec_module(validate)
schemas = validate.Schemas(build / "schema")

HOSTS = source / "tests/hosts"
DUAL = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"


@functools.lru_cache(maxsize=None)
def printed(*words):
    """The document of a command about the recorded pair."""
    hosts = ["-i", HOSTS / "serial-a.json", "-i", HOSTS / "serial-b.json"]
    command = [build / "migcompat", "--json", "--config", build / "backends", *words, *hosts]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def changed(document, path, value):
    """A copy with another value at the path, or without the member if the value is None."""
    document = copy.deepcopy(document)
    at = document
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return document


class Refusals(unittest.TestCase):
    def refused(self, document, path, value, part):
        self.assertIsNone(schemas.problem(document))
        self.assertIn(part, schemas.problem(changed(document, path, value)) or "")

    def test_undeclared_members_are_refused_at_any_depth(self):
        verdict = printed("check", DUAL, "0000:00:03.0")
        for path in ([], ["source"], ["findings", 0], ["mechanism"], ["availability"]):
            self.refused(verdict, path + ["extra"], 1, "'extra' was unexpected")
        plan = printed("prepare", DUAL, "0000:00:03.0")
        self.refused(plan, ["verdict", "mechanism", "extra"], 1, "'extra' was unexpected")

    def test_availability_is_an_object_everywhere(self):
        for document, path in (
            (printed("check", DUAL, "0000:00:04.0"), []),
            (printed("ask", DUAL), ["choices", 0]),
            (printed("list"), ["devices", 0]),
            (printed("show", DUAL), []),
        ):
            for member in ("availability", "mechanism"):
                self.refused(document, path + [member], "yes", "'yes' is not of type 'object'")

    def test_rows_have_host_and_class(self):
        for document, path in ((printed("list"), ["devices", 0]), (printed("show", DUAL), [])):
            for member in ("host", "class"):
                self.refused(document, path + [member], None, f"'{member}' is a required property")
        self.refused(printed("show", DUAL), ["class"], "0123456789ABCDEF", "does not match")

    def test_verdicts_and_errors_have_findings(self):
        for document in (
            printed("check", DUAL, "0000:00:04.0"),
            printed("check", DUAL, "nowhere"),
            printed("show", "nowhere"),
        ):
            self.refused(document, ["findings"], None, "'findings' is a required property")

    def test_error_among_rows_has_what_every_error_has(self):
        device = printed("show", DUAL)
        error = {"verdict": "error", "errno": "EIO", "reason": "it crashed", "findings": []}
        self.assertIsNone(schemas.problem({**device, **error}))
        self.refused({**device, **error}, ["errno"], None, "'errno' is a dependency of 'verdict'")

    def test_yes_that_contradicts_itself_is_refused(self):
        verdict = printed("check", DUAL, "0000:00:04.0")
        self.refused(verdict, ["errno"], "EINVAL", "None was expected")
        self.refused(verdict, ["findings"], [], "[]")
        self.refused(verdict, ["findings", 0, "status"], "bad", "'bad' is not one of")

    def test_unknown_words_and_formats_are_refused(self):
        verdict = printed("check", DUAL, "0000:00:03.0")
        self.refused(verdict, ["limit"], "weather", "'weather' is not one of")
        self.refused(verdict, ["format"], "migcompat-verdict/2", "no schema for the format")
        self.refused(verdict, ["format"], None, "no schema for the format None")

    def test_every_limit_is_known(self):
        verdict = printed("check", DUAL, "0000:00:03.0")
        for limit in ("hypervisor", "hold"):
            self.assertIsNone(schemas.problem(changed(verdict, ["limit"], limit)))

    def test_replies_are_held_against_the_schema_of_their_parameters(self):
        reply = {"parameters": printed("check", DUAL, "0000:00:04.0"), "continues": True}
        self.refused(reply, ["parameters", "forced"], None, "'forced' is a required property")
        inner = {"parameters": {"policy": printed("check", DUAL, "0000:00:04.0"), "text": "words"}}
        missing = "'forced' is a required property"
        self.refused(inner, ["parameters", "policy", "forced"], None, missing)
        error = {"error": "io.migcompat.Failed", "parameters": {"errno": "EIO", "reason": "x"}}
        self.refused(error, ["parameters", "extra"], 1, "errno and reason, and nothing else")


class Program(unittest.TestCase):
    def run_on(self, *documents):
        with tempfile.TemporaryDirectory() as folder:
            text = "".join(f"words\n{json.dumps(document)}\n" for document in documents)
            (pathlib.Path(folder) / "printed").write_text(text)
            command = [program, build / "schema", folder]
            return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_one_wrong_document_among_others_fails_all(self):
        good = printed("check", DUAL, "0000:00:04.0")
        self.assertEqual(self.run_on(good, printed("list")).returncode, 0)
        done = self.run_on(good, changed(good, ["availability"], "yes"), printed("list"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("$.availability: 'yes' is not of type 'object'", done.stdout)
        self.assertIn("3 documents, 1 of them wrong", done.stdout)

    def test_folder_that_is_not_there_fails(self):
        command = [program, build / "schema", "/nonexistent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "validate: /nonexistent is not there\n")

    def test_validator_that_is_missing_fails(self):
        command = ["/usr/bin/python3", "-I", "-S", program, build / "schema", build / "schema"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot be validated without python3-jsonschema", done.stderr)


class Schemas(unittest.TestCase):
    def test_every_format_of_the_sources_has_a_schema(self):
        formats = set()
        for path in [*source.glob("core/**/*.[ch]"), *source.glob("include/**/*.h")]:
            formats |= set(re.findall(r"migcompat-[a-z-]+/1", path.read_text()))
        self.assertGreater(len(formats), 15)
        self.assertEqual(formats - set(schemas.validators), set())

    def test_files_that_come_along_are_as_the_schemas_say(self):
        files = [*HOSTS.glob("*.json"), *source.glob("plugins/*/examples/facts.d/*.json")]
        self.assertGreater(len(files), 5)
        for path in files:
            self.assertIsNone(schemas.problem(json.loads(path.read_text())), path)

    def test_documents_may_grow(self):
        """The installed schemas allow what only the tests refuse."""
        schema = json.loads((build / "schema/migcompat-verdict-1.json").read_text())
        verdict = changed(printed("check", DUAL, "0000:00:03.0"), ["extra"], 1)
        validate.jsonschema.Draft202012Validator(schema).validate(verdict)

    def test_release_and_policy_are_documents(self):
        for words in (["--version"], ["policy", "show"], ["backend", "list"]):
            command = [build / "migcompat", "--json", "--config", build / "backends", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            self.assertIsNone(schemas.problem(json.loads(done.stdout)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
