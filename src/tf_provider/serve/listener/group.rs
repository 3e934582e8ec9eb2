//! The number of a group of users.

use std::fs;

/// The number of the group that is named, or that is the number itself.
///
/// Names are looked up in `/etc/group`. Groups that come from elsewhere (a directory server) have
/// to be given by number: asking the system's resolver needs C, and this variable is rare.
pub(super) fn id(name_or_number: &str) -> Option<u32> {
    name_or_number.parse().ok().or_else(|| {
        let groups = fs::read_to_string("/etc/group").ok()?;
        find(&groups, name_or_number)
    })
}

/// Looks a name up in lines of the form `name:password:number:members`.
fn find(groups: &str, wanted: &str) -> Option<u32> {
    groups.lines().find_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let number = rest.split(':').nth(1)?;
        (name == wanted).then(|| number.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &str = "root:x:0:\nbroken\nstaff:x:50:ada,bob\n";

    #[test]
    fn group_is_found_by_full_name() {
        assert_eq!(find(GROUPS, "staff"), Some(50));
        assert_eq!(find(GROUPS, "staf"), None);
        assert_eq!(find(GROUPS, "broken"), None);
    }

    #[test]
    fn numeric_group_id_needs_no_name() {
        assert_eq!(id("4711"), Some(4711));
    }
}
