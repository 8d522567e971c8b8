//! What could not be done, in words.

use resam_geo::Window;
use resam_scene::{Failure, Missing};

use crate::object;

#[test]
fn a_failure_is_told_with_the_users_names_of_a_few_prompts() {
    let prompts: Vec<_> = (0..10)
        .map(|at| object(format!("roof {at}"), 0.0, 0.0))
        .collect();
    let failure = Failure::Object {
        prompt: 3,
        reason: Missing::Empty,
    };
    assert_eq!(
        failure.describe(&prompts),
        "object roof 3: the mask is empty"
    );
    let window = |prompts| Failure::Window {
        window: Window {
            x: -5,
            y: 10,
            width: 64,
            height: 32,
        },
        prompts,
        reason: "no memory".into(),
    };
    assert_eq!(
        window(vec![1, 2, 70]).describe(&prompts),
        "window at -5,10 of 64 x 32 (roof 1, roof 2, ?): no memory"
    );
    let many = window((0..10).collect()).describe(&prompts);
    assert!(
        many.contains("roof 7, ...)") && !many.contains("roof 8"),
        "{many}"
    );
}
