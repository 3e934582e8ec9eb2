//! The results of the matrix as a page.

use std::collections::BTreeMap;
use std::fmt;

use super::faults::{FAULTS, How};
use super::scenarios::OPERATIONS;

/// What came of one operation under one fault.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Whether the disturbed apply itself went through.
    pub(crate) recovered: bool,
    /// What it said if not.
    pub(crate) first: Vec<String>,
    /// What is wrong in the end: nothing, as a rule without exception.
    pub(crate) problems: Vec<String>,
}

/// All cells: by operation, fault, and whether it struck each time.
#[derive(Debug, Default)]
pub(crate) struct Table {
    cells: BTreeMap<(usize, usize, bool), Cell>,
}

impl Table {
    pub(crate) fn put(&mut self, operation: usize, fault: usize, always: bool, cell: Cell) {
        self.cells.insert((operation, fault, always), cell);
    }

    /// All that is wrong, with its place.
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
            "# What faults do to an apply\n\n\
             Each write operation of the provider is disturbed by each fault of the sandbox: the first \
             time it is sent, and each time. Then the fault ends, and the same is applied again. In the \
             end the organization has to be as if nothing had happened: nobody twice, nothing left \
             over, no token alive that the state does not know, no secret lost, and an empty plan.\n\n\
             **{} cases, {} of them wrong in the end.** In {recovered} the disturbed apply itself went \
             through; in the others it said what failed, and the next one went through.\n\n\
             `UPDATE_DOCS=1 cargo test --test wire matrix -- --nocapture` makes this page.\n\n\
             A cell has two signs, for a fault the first time and each time: `+` the disturbed apply \
             went through, `o` the next one did, `!` neither, ` ` there is no such case.\n",
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
