//! Matrix results as a page.

use std::collections::BTreeMap;
use std::fmt;

use super::faults::{FAULTS, How};
use super::scenarios::OPERATIONS;

/// Result of one operation under one fault.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Whether the disturbed apply itself succeeded.
    pub(crate) recovered: bool,
    /// Errors of the disturbed apply.
    pub(crate) first: Vec<String>,
    /// Problems in the final state. This list must be empty.
    pub(crate) problems: Vec<String>,
}

/// All cells by operation, fault, and whether the fault was injected on each request.
#[derive(Debug, Default)]
pub(crate) struct Table {
    cells: BTreeMap<(usize, usize, bool), Cell>,
}

impl Table {
    pub(crate) fn put(&mut self, operation: usize, fault: usize, always: bool, cell: Cell) {
        self.cells.insert((operation, fault, always), cell);
    }

    /// Returns all problems with their operation and fault.
    pub(crate) fn problems(&self) -> Vec<String> {
        let wrong = self.cells.iter().filter(|(_, cell)| !cell.problems.is_empty());
        let told = wrong.map(|((operation, fault, always), cell)| {
            format!(
                "{} × {}, {}:\n  {}\n  the disturbed apply said: {}",
                OPERATIONS[*operation].title,
                FAULTS[*fault].title,
                if *always { "every time" } else { "first time" },
                cell.problems.join("\n  "),
                cell.first.join("\n  "),
            )
        });
        told.collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recovered = self.cells.values().filter(|cell| cell.recovered).count();
        let wrong = self.cells.values().filter(|cell| !cell.problems.is_empty()).count();
        writeln!(
            f,
            "# Fault matrix\n\n\
             Each operation of the provider runs with each fault of the sandbox: once on the first \
             request, and once on every request. Then the fault ends, and the same configuration is \
             applied again. A case passes if the organization is then the same as after an apply without a \
             fault: no duplicate users, no leftovers, no active token without a state, no lost secret, and \
             an empty plan.\n\n\
             **{} cases, {} failed.** In {recovered} cases, the apply with the fault succeeded. In the \
             others, it reported an error, and the next apply succeeded.\n\n\
             To update this page, run `UPDATE_DOCS=1 cargo test --test wire by_fault -- --nocapture`.\n\n\
             A cell has one sign for the fault on the first request, and one for the fault on every \
             request: `+` the apply with the fault succeeded, `o` the next apply succeeded, `!` neither \
             succeeded, ` ` there is no such case.\n",
            self.cells.len(),
            wrong,
        )?;
        for (column, fault) in FAULTS.iter().enumerate() {
            writeln!(f, "{}. {}", column + 1, fault.title)?;
        }
        write!(f, "\n| operation |")?;
        (1..=FAULTS.len()).try_for_each(|number| write!(f, " {number} |"))?;
        write!(f, "\n|---|")?;
        FAULTS.iter().try_for_each(|_| write!(f, "---|"))?;
        for (row, operation) in OPERATIONS.iter().enumerate() {
            write!(f, "\n| {} |", operation.title)?;
            for (column, fault) in FAULTS.iter().enumerate() {
                let once = matches!(fault.how, How::Strike(_));
                let (first, each) = (self.sign(row, column, false), self.sign(row, column, true));
                if once { write!(f, " `{first}{each}` |")? } else { write!(f, " `{each}` |")? }
            }
        }
        writeln!(f)
    }
}

impl Table {
    fn sign(&self, row: usize, column: usize, always: bool) -> char {
        match self.cells.get(&(row, column, always)) {
            None => ' ',
            Some(cell) if !cell.problems.is_empty() => '!',
            Some(cell) if cell.recovered => '+',
            Some(_) => 'o',
        }
    }
}
