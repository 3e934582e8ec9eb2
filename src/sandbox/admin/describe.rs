//! `GET /_sandbox`: what the sandbox's own paths are, for programs and for people.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

/// Each path with its method, what it does, and the fields it takes.
const PATHS: &str = include_str!("paths.json");

/// The description.
pub(super) async fn show() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], PATHS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The routes as the router's own source spells them: `.route("/state", get(..).patch(..))`.
    fn routes() -> BTreeSet<String> {
        let source = include_str!("mod.rs").split("Router::new()").nth(1).unwrap();
        let source = source.split("\n}").next().unwrap();
        let mut found = BTreeSet::new();
        for route in source.split(".route(").skip(1) {
            let path = route.split('"').nth(1).unwrap().trim_end_matches('/');
            for method in ["get", "post", "patch", "delete"] {
                if route.contains(&format!("{method}(")) {
                    found.insert(format!("{} /_sandbox{path}", method.to_uppercase()));
                }
            }
        }
        found
    }

    #[test]
    fn description_lists_exactly_own_paths() {
        let described: Value = serde_json::from_str(PATHS).unwrap();
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap().to_owned();
        let paths = described["paths"].as_array().unwrap();
        let described: BTreeSet<_> = paths
            .iter()
            .map(|entry| format!("{} {}", text(entry, "method"), text(entry, "path")))
            .collect();
        assert_eq!(described, routes());
        assert_eq!(described.len(), paths.len());
    }
}
