//! What every database must do; the same cases for each.

pub(crate) mod groups;
pub(crate) mod limits;
pub(crate) mod migrations;
pub(crate) mod nodes;
pub(crate) mod reading;
pub(crate) mod values;
pub(crate) mod waiting;
pub(crate) mod writing;

/// Makes a test of each case, at a place of its own: `crate::place()`, if there is one.
macro_rules! tests {
    ($($module:ident: $($case:ident)*;)*) => {$(
        mod $module {
            $(
                #[test]
                fn $case() {
                    if let Some(place) = crate::place(concat!(stringify!($module), "_", stringify!($case))) {
                        crate::suite::$module::$case(&place);
                    }
                }
            )*
        }
    )*};
}

macro_rules! every_case {
    () => {
        tests! {
            values:
                whole_numbers_come_back
                numbers_come_back
                text_comes_back
                bytes_come_back
                nothing_comes_back
                sums_are_whole_numbers
                text_is_compared_byte_by_byte
                what_a_value_is_not_is_said;
            writing:
                numbers_of_rows_are_told
                an_error_undoes_its_piece
                a_panic_undoes_its_piece
                a_duplicate_is_told
                work_may_go_on_after_a_duplicate
                a_refusal_is_passed_on
                a_mistake_is_told_in_the_log_only
                work_that_nobody_waits_for_is_not_begun
                work_that_is_begun_is_done
                others_are_not_crowded_by_attempts
                work_is_done_after_the_last_store_is_gone;
            groups:
                what_waits_is_done_in_order
                a_bad_piece_costs_no_other
                many_bad_pieces_cost_no_other
                a_piece_that_fails_late_costs_no_other
                nothing_is_acknowledged_before_the_commit
                large_work_is_alone
                more_than_a_group_is_done;
            reading:
                what_was_acknowledged_is_seen
                one_moment_is_seen
                a_reader_changes_nothing
                what_nobody_waits_for_is_not_read
                a_snapshot_is_not_held_for_ever
                rows_come_one_by_one
                a_panic_is_told;
            waiting:
                what_did_not_begin_in_time_is_never_done
                what_began_and_takes_long_is_uncertain
                what_takes_long_to_read_is_busy
                who_is_in_time_is_not_disturbed
                the_time_is_a_setting;
            limits:
                work_waits_up_to_a_limit
                snapshots_have_a_limit;
            migrations:
                many_open_it_at_once
                steps_follow_one_another
                packs_share_a_database
                newer_tables_are_refused
                a_broken_step_is_done_again;
            nodes:
                two_count_together;
        }
    };
}
