//! `cargo xtask test`: everything that has to hold, in the order in which a mistake is seen soonest.

mod clients;
mod count;

use anyhow::{Result, bail, ensure};

use crate::process::{cargo, program, run as run_program, say};
use crate::{cargo as build, tidy};
use count::Count;

/// One thing that has to hold.
struct Step {
    name: &'static str,
    run: fn(&mut Count) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: |count| count.check(run_program(cargo().args(["fmt", "--all", "--check"]))),
    },
    Step {
        name: "tidy",
        run: |count| count.check(tidy::run()),
    },
    Step {
        name: "lint",
        run: lint,
    },
    Step {
        name: "unit",
        run: unit,
    },
    Step {
        name: "sql",
        run: sql,
    },
    Step {
        name: "page",
        run: page,
    },
    Step {
        name: "doc",
        run: doc,
    },
    Step {
        name: "end-to-end",
        run: end_to_end,
    },
    Step {
        name: "template",
        run: template,
    },
];

/// Runs all steps, or those named, and closes with the sum.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    if names == ["--list"] {
        for step in STEPS {
            say(step.name);
        }
        return Ok(());
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        bail!("no step is called {unknown}; `cargo xtask test --list` shows them");
    }
    let mut count = Count::default();
    for step in STEPS
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
    {
        say(&format!("\n== {} ==", step.name));
        let failed = count.failed();
        if let Err(error) = (step.run)(&mut count) {
            if count.failed() == failed {
                count.fail();
            }
            say(&format!("{} failed: {error:#}", step.name));
        }
    }
    say(&format!("\n{count}"));
    ensure!(count.all_passed(), "not everything holds");
    Ok(())
}

/// What links with `PostgreSQL`'s client library is left out where that is not there.
fn lint(count: &mut Count) -> Result<()> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--all-features"]);
    if !databases()? {
        clippy.args(["--exclude", "sql-queries"]);
    }
    count.check(run_program(clippy.args(["--", "--deny", "warnings"])))
}

/// Whether the drivers of the databases can be built: `pg_config` comes with what they link with (Debian's `libpq-dev`).
fn databases() -> Result<bool> {
    clients::available("pg_config")
}

/// Unit, property, API and doc tests of every package; the ones of many processes and those of databases have steps of their own.
///
/// No kinds of target are named: with `--examples` among them cargo would make tests of the examples, which are the
/// processes that the sandbox's tests run.
fn unit(count: &mut Count) -> Result<()> {
    let arguments = [
        "test",
        "--workspace",
        "--exclude",
        "end-to-end",
        "--exclude",
        "sql-queries",
        "--all-features",
    ];
    count.tests(cargo().args(arguments))
}

/// Queries of real databases. Apart, so that no other test is linked with what their drivers need of the system.
fn sql(count: &mut Count) -> Result<()> {
    if !databases()? {
        return Ok(());
    }
    count.tests(cargo().args(["test", "--package", "sql-queries"]))
}

/// The page's own modules, as far as they need no page; with a browser they are tried end to end.
fn page(count: &mut Count) -> Result<()> {
    if !clients::available("node")? {
        return Ok(());
    }
    let tests = ["--test", "tests/console/pure.test.mjs"];
    count.check(run_program(program("node").args(tests)))
}

fn doc(count: &mut Count) -> Result<()> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--all-features"]);
    if !databases()? {
        doc.args(["--exclude", "sql-queries"]);
    }
    count.check(run_program(doc.env("RUSTDOCFLAGS", "--deny warnings")))
}

/// The real binaries: the extension as it ships, the others as the tests of their crates left them.
fn end_to_end(count: &mut Count) -> Result<()> {
    build::layer_extension()?;
    build::test_programs()?;
    let clients = clients::prepare()?;
    let mut tests = cargo();
    tests.args(["test", "--package", "end-to-end"]);
    clients.tell(&mut tests);
    count.tests(&mut tests)
}

fn template(count: &mut Count) -> Result<()> {
    let Some(python) = clients::python()? else {
        return Ok(());
    };
    let template = "template.yaml";
    count.check(run_program(program(python.join("cfn-lint")).arg(template)))?;
    let sam = [
        "validate",
        "--lint",
        "--template-file",
        template,
        "--region",
        "eu-west-1",
    ];
    count.check(run_program(
        program(python.join("sam"))
            .args(sam)
            .env("SAM_CLI_TELEMETRY", "0"),
    ))
}
