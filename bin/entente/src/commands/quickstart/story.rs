//! The letter of credit, told as it happens.

use super::{
    client::{Client, Final},
    letter::{self, Document, Step},
    parties::Party,
};
use crate::{commands::say, exit::Failure};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::{
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A letter lives for ninety days, as many do.
const LIFE_SECONDS: u64 = 90 * 24 * 3600;

struct Story {
    client: Client,
    run: u64,
    line: u32,
    slowest: Duration,
}

/// Deploys the contracts and plays a letter from request to settlement, with one refused step on the way; prints the audit trail.
pub(super) async fn tell(address: SocketAddr, head_time: u64) -> Result<(), Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
        .max(head_time);
    let mut story = Story {
        client: Client::connect(address).await?,
        run: now,
        line: 0,
        slowest: Duration::ZERO,
    };
    say("");
    say("A letter of credit over 250,000.00 between nine parties");
    say("");
    say(
        "     party             what it does                                    transaction   block  final after",
    );
    let (token, credit) = story.deploy().await?;
    let letter = story.request(token, credit, now + LIFE_SECONDS).await?;
    for step in &letter::STEPS {
        if step.document == "export certificate" {
            story.refused(&letter::TOO_EARLY, credit, letter).await?;
        }
        story.step(step, credit, letter).await?;
    }
    story
        .act(
            Party::ExporterBank,
            "allows the contract to pass the funds on",
            Some(token),
            letter::approve(credit),
        )
        .await?;
    story.step(&letter::PASS_ON, credit, letter).await?;
    story.ending(token, credit, letter).await
}

impl Story {
    /// Sends a party's transaction and prints its line.
    async fn act(
        &mut self,
        party: Party,
        action: &str,
        to: Option<Address>,
        data: Bytes,
    ) -> Result<Final, Failure> {
        let done = self.client.send(party, to, data).await?;
        if done.receipt.status.is_zero() {
            return Err(Failure::other(format!(
                "{} could not: {action}; transaction {} reverted",
                party.name(),
                done.receipt.transaction_hash
            )));
        }
        self.line += 1;
        self.slowest = self.slowest.max(done.after);
        say(format_args!(
            "{:>3}  {:<16}  {action:<46}  {}  {:>5}  {:>8.1} ms",
            self.line,
            party.name(),
            short(done.receipt.transaction_hash),
            done.receipt.block_number,
            done.after.as_secs_f64() * 1e3
        ));
        Ok(done)
    }

    async fn deploy(&mut self) -> Result<(Address, Address), Failure> {
        let bank = Party::ImporterBank;
        let created = |done: &Final| {
            done.receipt
                .contract_address
                .ok_or_else(|| Failure::other("a deployment's receipt names no contract"))
        };
        let token = created(
            &self.act(bank, "opens its book of deposits", None, letter::deploy_deposit()?).await?,
        )?;
        let credit = created(
            &self.act(bank, "opens the book of letters", None, letter::deploy_credit()?).await?,
        )?;
        self.act(bank, "takes in 250,000.00", Some(token), letter::mint()).await?;
        self.act(
            bank,
            "allows the contract to lock the funds",
            Some(token),
            letter::approve(credit),
        )
        .await?;
        Ok((token, credit))
    }

    async fn request(
        &mut self,
        token: Address,
        credit: Address,
        expiry: u64,
    ) -> Result<U256, Failure> {
        let document = letter::document("purchase order", self.run);
        let data = letter::request(token, expiry, &document);
        let answer = self.client.call(Party::Importer, credit, &data).await?;
        let letter = answer
            .map(|output| U256::try_from_be_slice(&output).unwrap_or_default())
            .map_err(|reason| {
                Failure::other(format!(
                    "the request would be refused: {}",
                    letter::refusal(&reason)
                ))
            })?;
        self.act(Party::Importer, "requests the letter", Some(credit), data).await?;
        Ok(letter)
    }

    async fn step(&mut self, step: &Step, credit: Address, letter: U256) -> Result<(), Failure> {
        let document = letter::document(step.document, self.run);
        self.act(step.party, step.action, Some(credit), step.data(letter, &document)).await?;
        Ok(())
    }

    /// Shows that a step out of turn is refused, by a call and by a transaction that is mined and reverts.
    async fn refused(&mut self, step: &Step, credit: Address, letter: U256) -> Result<(), Failure> {
        let document: Document = letter::document(step.document, self.run);
        let data = step.data(letter, &document);
        let Err(reason) = self.client.call(step.party, credit, &data).await? else {
            return Err(Failure::other(
                "a step out of turn was not refused; the contract is not the one built into this program",
            ));
        };
        let done = self.client.send(step.party, Some(credit), data).await?;
        if !done.receipt.status.is_zero() {
            return Err(Failure::other(
                "a step out of turn was executed; the contract is not the one built into this program",
            ));
        }
        say(format_args!(
            "  ✗  {:<16}  {:<46}  {}  {:>5}  {:>8.1} ms",
            step.party.name(),
            step.action,
            short(done.receipt.transaction_hash),
            done.receipt.block_number,
            done.after.as_secs_f64() * 1e3
        ));
        say(format_args!("     refused           {}", letter::refusal(&reason)));
        Ok(())
    }

    async fn ending(&self, token: Address, credit: Address, letter: U256) -> Result<(), Failure> {
        say("");
        say("Audit trail, from the chain's events alone");
        for log in self.client.logs(credit, B256::from(letter)).await? {
            if let Some((event, party, document, hash)) = letter::trail_line(&log) {
                say(format_args!(
                    "  block {:>4}  {event:<18}  {:<16}  {document:<18}  {}  {}",
                    log.block_number,
                    party.name(),
                    short(hash),
                    short(log.transaction_hash)
                ));
            }
        }
        let mut balances = Vec::new();
        for party in [Party::ImporterBank, Party::Exporter] {
            let answer = self.client.call(party, token, &letter::balance_of(party)).await?;
            let cents =
                answer.ok().and_then(|output| U256::try_from_be_slice(&output)).unwrap_or_default();
            balances.push(format!(
                "{} holds {}.{:02}",
                party.name(),
                cents / U256::from(100),
                cents % U256::from(100)
            ));
        }
        say("");
        say(format_args!(
            "Settled: {}. The slowest step was final after {:.1} ms.",
            balances.join(", "),
            self.slowest.as_secs_f64() * 1e3
        ));
        say(format_args!("Contracts: letters {credit}, deposits {token}"));
        Ok(())
    }
}

/// The beginning of a hash, enough to find it again.
fn short(hash: B256) -> String {
    let text = hash.to_string();
    format!("{}…", &text[..10])
}
