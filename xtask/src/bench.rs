//! Benchmarks.

use crate::steps::Step;

/// The benchmarks named by the arguments, or all of them.
pub(crate) fn steps(args: &[String]) -> Vec<Step> {
    if args.is_empty() {
        return vec![
            bench(
                "import",
                "import of 200,000 ERC-20 transfers by 10,000 senders, by part",
                vec!["import".into()],
            ),
            bench("rpc", "eth_getBalance and eth_call over HTTP", vec!["rpc".into()]),
        ];
    }
    vec![bench("bench", "as asked", args.to_vec())]
}

fn bench(name: &'static str, about: &'static str, args: Vec<String>) -> Step {
    let alone = format!("cargo xtask bench {}", args.join(" "));
    Step::new(name, about, alone, move |repo| {
        repo.cargo(&["run", "--release", "--quiet", "--package", "entente-bench", "--"])
            .args(&args)
            .checked()
    })
}
