//! The commands of people and programs.

use crate::control::engine::approval::Approval;
use crate::control::engine::approval::approval_subject;
use crate::control::engine::cause::Cause;
use crate::control::engine::command::ApprovalRequest;
use crate::control::engine::command::RolloutCommand;
use crate::control::engine::gate::Gate;
use crate::control::engine::refusal::CommandRefusal;
use crate::control::engine::state::Phase;
use crate::control::engine::state::RollbackEnd;
use crate::control::engine::state::StagePart;
use crate::control::engine::transition::RolloutTransition;
use crate::control::model::flag_state::Mark;
use crate::document::rollout::plan::policy::OnRegression;

type Carried = Result<(), CommandRefusal>;

impl RolloutTransition<'_> {
    /// Carries out a command.
    pub fn carry_out(&mut self, command: &RolloutCommand) -> Carried {
        match command {
            RolloutCommand::Approve(request) => self.approve(request),
            RolloutCommand::Pause(mark) => {
                self.require_unfinished(command)?;
                self.state.paused.get_or_insert_with(|| mark.clone());
                Ok(())
            }
            RolloutCommand::Resume(_) => {
                self.require_unfinished(command)?;
                self.state.paused = None;
                Ok(())
            }
            RolloutCommand::Freeze(mark) => {
                self.require_unfinished(command)?;
                self.state.frozen.get_or_insert_with(|| mark.clone());
                Ok(())
            }
            RolloutCommand::Unfreeze(_) => {
                self.require_unfinished(command)?;
                self.state.frozen = None;
                Ok(())
            }
            RolloutCommand::Advance(mark) => self.waive_hold(command, mark),
            RolloutCommand::Abort(mark) => self.abort(command, mark),
            RolloutCommand::PreviousStage(mark) => self.return_to_previous(command, mark),
            RolloutCommand::Retry { mark, is_override } => self.retry(command, mark, *is_override),
        }
    }

    fn wrong_phase(&self, command: &RolloutCommand) -> CommandRefusal {
        CommandRefusal::WrongPhase {
            command: command.verb().to_owned(),
            phase: self.state.phase.name().to_owned(),
        }
    }

    fn require_unfinished(&self, command: &RolloutCommand) -> Carried {
        match self.state.phase {
            Phase::Pending { .. } | Phase::Running { .. } | Phase::Halted { .. } => Ok(()),
            Phase::RollingBack(_)
            | Phase::RolledBack { .. }
            | Phase::Aborted { .. }
            | Phase::Completed => Err(self.wrong_phase(command)),
        }
    }

    /// An approval is the last gate: it is taken when everything else has passed.
    fn approve(&mut self, request: &ApprovalRequest) -> Carried {
        let by = || request.by.clone();
        let Phase::Running { stage, part } = self.state.phase else {
            return Err(self.wrong_phase(&RolloutCommand::Approve(request.clone())));
        };
        let subject = approval_subject(&self.state.pin, stage, self.state.entry);
        if !request.is_person {
            return Err(CommandRefusal::ByAutomation(by()));
        }
        if self.state.authors.contains(&request.by) {
            return Err(CommandRefusal::ByAuthor(by()));
        }
        if subject != request.subject {
            return Err(CommandRefusal::OtherSubject);
        }
        if part != StagePart::AwaitingApproval {
            let gate = self.state.gate.to_string();
            return Err(CommandRefusal::NotAwaited { gate });
        }
        let mut approvals = self.state.approvals.iter();
        if approvals.any(|known| known.by == request.by) {
            return Err(CommandRefusal::Twice(by()));
        }
        self.state.approvals.push(Approval {
            by: by(),
            roles: request.roles.clone(),
            subject,
            given_ms: self.state.clock.elapsed_ms,
        });
        Ok(())
    }

    fn waive_hold(&mut self, command: &RolloutCommand, mark: &Mark) -> Carried {
        if !matches!(self.state.phase, Phase::Running { .. }) {
            return Err(self.wrong_phase(command));
        }
        self.state.waived.get_or_insert_with(|| mark.clone());
        Ok(())
    }

    fn abort(&mut self, command: &RolloutCommand, mark: &Mark) -> Carried {
        let cause = Cause::Decision(mark.clone());
        match &self.state.phase {
            Phase::Pending { .. } if !self.is_exposed() => {
                self.state.phase = Phase::Aborted { cause };
                self.state.gate = Gate::Ended;
            }
            Phase::Pending { next: stage }
            | Phase::Running { stage, .. }
            | Phase::Halted { stage, .. } => {
                self.take_back(*stage, cause, RollbackEnd::Aborted);
            }
            // The rest of a gradual rollback, or a return to a stage, is cut short.
            Phase::RollingBack(rollback)
                if !rollback.rest.is_empty() || matches!(rollback.end, RollbackEnd::Halted(_)) =>
            {
                self.roll_back_in_steps(&[], 0, cause, RollbackEnd::Aborted);
            }
            Phase::RollingBack(_)
            | Phase::RolledBack { .. }
            | Phase::Aborted { .. }
            | Phase::Completed => return Err(self.wrong_phase(command)),
        }
        Ok(())
    }

    fn return_to_previous(&mut self, command: &RolloutCommand, mark: &Mark) -> Carried {
        let Some(stage) = self.state.phase.watched_stage() else {
            return Err(self.wrong_phase(command));
        };
        let Some(before) = stage.checked_sub(1) else {
            return Err(CommandRefusal::FirstStage);
        };
        let cause = Cause::Decision(mark.clone());
        self.roll_back_to_previous(stage, cause, RollbackEnd::Halted(before));
        Ok(())
    }

    /// Returns true if the evidence of the exposure that is served was decided about: it does not take back a retry.
    fn is_decided(&self, stage: usize, cause: &Cause) -> bool {
        let stage = self.stage(stage);
        let policy = stage.map(|stage| self.plan.on_regression_in(stage));
        let is_halted_there = policy == Some(OnRegression::Halt);
        !self.is_exposed() || (is_halted_there && matches!(cause, Cause::Regression(_)))
    }

    /// Goes on in the stage of a halt, or begins again. A verdict on this version needs an override with a reason.
    fn retry(&mut self, command: &RolloutCommand, mark: &Mark, is_override: bool) -> Carried {
        let cause = match &self.state.phase {
            Phase::Halted { cause, .. }
            | Phase::RolledBack { cause }
            | Phase::Aborted { cause } => cause.clone(),
            _ => return Err(self.wrong_phase(command)),
        };
        let is_overridden = is_override && mark.reason.is_some();
        let left_ms = self.state.cool_down_until_ms.unwrap_or(0);
        let left_ms = left_ms.saturating_sub(self.state.clock.elapsed_ms);
        if left_ms > 0 && !is_overridden {
            return Err(CommandRefusal::CoolDown { left_ms });
        }
        if cause.is_against_release() && !is_overridden {
            let cause = cause.to_string();
            return Err(CommandRefusal::SameVersion { cause });
        }
        self.state.cool_down_until_ms = None;
        let next = self.state.phase.watched_stage().unwrap_or(0);
        self.state.phase = Phase::Pending { next };
        self.state.gate = Gate::FirstLook;
        if self.is_decided(next, &cause) {
            self.state.first_entry = self.state.entry + 1;
        }
        Ok(())
    }
}
