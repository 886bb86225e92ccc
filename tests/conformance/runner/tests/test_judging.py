"""Tests of the exclusions, the record and the table."""

import pathlib
import sys
import tempfile
import textwrap
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import exclusions
import record
import table


def result(case, outcome, **more):
    reason = {} if outcome == "passed" else {"reason": "because"}
    return {"suite": "s", "subject": "python", "mode": "rpc", "case": case, "outcome": outcome, **reason, **more}


def known(text, daemon="fanion"):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, "exclusions.yaml")
        file.write_text(textwrap.dedent(text))
        return exclusions.read(file, daemon)


ONE = "[{suite: s, subject: python, case: 'b [*', whose: theirs, reason: a quirk}]"


class Exclusions(unittest.TestCase):
    def judge(self, entries, *results):
        exclusions.apply(entries, results)
        return [each["outcome"] for each in results], exclusions.unused(entries, results)

    def test_a_known_failure_is_excluded_and_no_other(self):
        self.assertEqual(self.judge(known(ONE), result("b [1]", "failed"), result("c", "failed")), (["excluded", "failed"], []))

    def test_a_case_that_passes_although_it_is_excluded_fails(self):
        self.assertEqual(self.judge(known(ONE), result("b [1]", "passed"))[0], ["failed"])

    def test_where_a_race_rules_a_pass_is_a_pass_and_all_may_pass(self):
        race = known(ONE.replace("reason", "race: true, reason"))
        self.assertEqual(self.judge(race, result("b [1]", "passed")), (["passed"], []))
        race = known(ONE.replace("reason", "race: true, reason"))
        self.assertEqual(self.judge(race, result("b [1]", "failed")), (["excluded"], []))

    def test_where_chance_rules_a_pass_is_a_pass_but_one_has_to_fail(self):
        chance = known(ONE.replace("reason", "chance: true, reason"))
        self.assertEqual(self.judge(chance, result("b [1]", "passed"), result("b [2]", "failed")), (["passed", "excluded"], []))
        chance = known(ONE.replace("reason", "chance: true, reason"))
        self.assertEqual(self.judge(chance, result("b [1]", "passed")), (["passed"], chance))

    def test_an_exclusion_that_excludes_nothing_is_stale_once_its_subject_ran(self):
        entries = known(ONE)
        self.assertEqual(self.judge(entries, result("a", "passed")), (["passed"], entries))
        self.assertEqual(self.judge(entries, result("*", "notrun")), (["notrun"], []))
        self.assertEqual(self.judge(entries, result("a", "passed"), result("b [1]", "slow")), (["passed", "slow"], []))

    def test_a_suite_cannot_exclude_by_itself(self):
        self.assertEqual(self.judge(known(ONE), result("b [1]", "excluded"), result("c", "excluded"))[0], ["excluded", "failed"])

    def test_tags_have_to_be_there_all(self):
        entries = known("[{suite: s, subject: '*', tags: ['@x', '@y'], whose: ours, reason: a limit}]")
        both, one = result("a", "failed", tags=["@x", "@y", "@z"]), result("b", "failed", tags=["@x"])
        self.assertEqual(self.judge(entries, both, one)[0], ["excluded", "failed"])

    def test_an_entry_counts_for_its_daemon_only(self):
        text = ONE.replace("reason", "daemon: flagd, reason")
        self.assertEqual((len(known(text)), len(known(text, "flagd"))), (0, 1))

    def test_an_entry_that_says_too_little_or_too_much_is_refused(self):
        for wrong in ("[{suite: s}]", ONE.replace("case", "cases"), ONE.replace("theirs", "nobodys"), ONE.replace("case: 'b [*', ", "")):
            with self.assertRaises(ValueError):
                known(wrong)


class Record(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.results = pathlib.Path(directory.name)
        self.file = self.results / "fanion.json"

    def write(self, *results):
        record.write(self.file, "fanion", "1", record.rows(results))

    def differences(self, *results, whole=True):
        return record.differences(self.file, record.rows(results), whole)

    def test_a_run_without_slow_cases_agrees_with_the_record_of_one_with_them(self):
        self.write(result("a", "passed"), result("b", "passed", slow=True))
        self.assertEqual(self.differences(result("a", "passed"), result("b", "slow", slow=True)), [])
        self.assertEqual(len(self.differences(result("a", "failed"), result("b", "slow", slow=True))), 1)
        self.assertEqual(len(self.differences(result("a", "passed"))), 1)

    def test_a_run_without_slow_cases_keeps_what_is_on_record_of_them(self):
        self.write(result("a", "passed"), result("b", "passed", slow=True))
        self.write(result("a", "passed"), result("b", "slow", slow=True))
        row = record.read(self.file)["rows"][0]
        self.assertEqual((row["passed"], table.left_out(row)), (2, 0))

    def test_what_is_new_and_what_is_gone_are_differences(self):
        self.write(result("a", "passed"))
        self.assertEqual(len(self.differences(result("a", "passed") | {"mode": "file"})), 2)
        self.assertEqual(len(self.differences(result("a", "passed") | {"mode": "file"}, whole=False)), 1)

    def test_the_page_is_compared_with_the_record(self):
        page = self.results / "conformance.md"
        page.write_text(f"before\n{table.BEGIN}\n{table.END}\n{table.BEGIN_REASONS}\n{table.END_REASONS}\nafter\n")
        self.write(result("a", "passed"), result("b", "excluded", whose="theirs", reason="a quirk"))
        self.assertEqual(len(table.differences(page, self.results)), 1)
        table.write(page, self.results)
        self.assertEqual(table.differences(page, self.results), [])
        text = page.read_text()
        self.assertIn("| s | python, rpc | 1 | 0 | 1 [1] | 0 | – |", text)
        self.assertIn("\n1. a quirk (provider)\n", text)
        page.write_text(text.replace("a quirk", "another"))
        self.assertEqual(len(table.differences(page, self.results)), 1)

    def test_a_page_without_markers_is_a_difference(self):
        self.write(result("a", "passed"))
        page = self.results / "conformance.md"
        page.write_text(f"{table.BEGIN}\n{table.END}\n")
        self.assertIn("must contain", table.differences(page, self.results)[0])

    def test_flagd_has_a_dash_where_no_case_applies(self):
        self.assertEqual(table.beside(None), "–")
        self.assertEqual(table.beside(record.rows([result("*", "notrun")])[0]), "–")
        self.assertEqual(table.beside(record.rows([result("a", "passed")])[0]), "1 / 0 / 0")


if __name__ == "__main__":
    unittest.main()
